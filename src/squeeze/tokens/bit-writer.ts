import type { DeflateSink } from '../deflate-encoder.ts';

const pieceSize = 64 * 1024;
/** Room for what is added between two looks at it. */
const spareBytes = 4;

/** Writes bits, the lowest first (RFC 1951, section 3.1.1), and hands out whole bytes in pieces of about 64 KiB. */
export class BitWriter {
  readonly #sink: DeflateSink;
  readonly #piece = new Uint8Array(pieceSize);
  #filled = 0;
  /** Bits that are no pair of bytes yet: at most 15 between two calls. */
  #held = 0;
  #heldBits: number;
  /** Bits of the stream before the piece. */
  #before: number;

  /** @param start bits of the stream before the first one: those in its last, unfinished byte are written as 0 */
  constructor(sink: DeflateSink, start = 0) {
    this.#sink = sink;
    this.#heldBits = start % 8;
    this.#before = start - this.#heldBits;
  }

  /** Bits of the stream up to here. */
  get position(): number {
    return this.#before + this.#filled * 8 + this.#heldBits;
  }

  /** Adds the lowest `count` bits of a number, at most 16 at once; what is above them must be 0. */
  bits(value: number, count: number): void {
    // At most 15 are held, so that 31 are the most.
    const held = this.#held | (value << this.#heldBits);
    const heldBits = this.#heldBits + count;
    if (heldBits < 16) {
      this.#held = held;
      this.#heldBits = heldBits;
      return;
    }
    this.#piece[this.#filled] = held;
    this.#piece[this.#filled + 1] = held >>> 8;
    this.#filled += 2;
    this.#held = held >>> 16;
    this.#heldBits = heldBits - 16;
    if (this.#filled > pieceSize - spareBytes) this.#handOut();
  }

  /** Fills up to a whole byte with the lowest of these bits. */
  align(padding = 0): void {
    const missing = -this.#heldBits & 7;
    if (missing > 0) this.bits(padding & ((1 << missing) - 1), missing);
  }

  /** Adds whole bytes; the writer must be at the beginning of one. */
  bytes(bytes: Uint8Array): void {
    if (this.#heldBits % 8 !== 0) throw new TypeError('bytes begin at whole bytes');
    this.flush();
    if (bytes.length > 0) this.#sink(bytes);
    this.#before += bytes.length * 8;
  }

  /** Hands out all whole bytes that are there. */
  flush(): void {
    if (this.#heldBits >= 8) {
      this.#piece[this.#filled] = this.#held;
      this.#filled += 1;
      this.#held >>>= 8;
      this.#heldBits -= 8;
    }
    if (this.#filled > 0) this.#handOut();
  }

  #handOut(): void {
    this.#sink(this.#piece.subarray(0, this.#filled));
    this.#before += this.#filled * 8;
    this.#filled = 0;
  }
}
