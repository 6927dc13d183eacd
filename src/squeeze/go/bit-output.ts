import type { DeflateSink } from '../deflate-encoder.ts';

/** Most bytes between two calls of {@link BitOutput.beginBlock}: 65,535 literals of 15 bits are 123 KB, 16,384 matches of 48 bits 98 KB. */
const mostBlockBytes = 160 * 1024;
const handedOutAt = 64 * 1024;

/** Collects bits, the lowest first (RFC 1951, section 3.1.1), and hands out whole bytes. */
export class BitOutput {
  readonly #bytes = new Uint8Array(handedOutAt + mostBlockBytes);
  #length = 0;
  /** The bits that do not fill 16 yet: fewer than 16 of them between two calls. */
  #held = 0;
  #heldBits = 0;
  /** Bits before the first byte of the buffer. */
  #bitsBefore: number;
  readonly #sink: DeflateSink;

  /** @param bits of the stream before: those in the last, unfinished byte are written as 0 */
  constructor(sink: DeflateSink, bits: number) {
    this.#sink = sink;
    this.#heldBits = bits % 8;
    this.#bitsBefore = bits - this.#heldBits;
  }

  /** Bits of the stream up to here. */
  get bits(): number {
    return this.#bitsBefore + this.#length * 8 + this.#heldBits;
  }

  /** Makes room: to be called before every block. */
  beginBlock(): void {
    if (this.#length >= handedOutAt) this.#handOut();
  }

  /** Adds the lowest `count` bits of `value`, at most 16; the bits above them are 0. */
  add(value: number, count: number): void {
    this.#held |= value << this.#heldBits;
    this.#heldBits += count;
    if (this.#heldBits < 16) return;
    this.#bytes[this.#length] = this.#held;
    this.#bytes[this.#length + 1] = this.#held >>> 8;
    this.#length += 2;
    this.#held >>>= 16;
    this.#heldBits -= 16;
  }

  /** Fills the last byte with 0. */
  align(): void {
    while (this.#heldBits > 0) {
      this.#bytes[this.#length] = this.#held;
      this.#length += 1;
      this.#held >>>= 8;
      this.#heldBits = Math.max(0, this.#heldBits - 8);
    }
  }

  /** Adds whole bytes, at most 65,535: only after {@link align}. */
  addBytes(bytes: Uint8Array): void {
    this.align();
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Fills the last byte and hands out all. */
  finish(): void {
    this.align();
    this.#handOut();
  }

  #handOut(): void {
    if (this.#length === 0) return;
    this.#sink(this.#bytes.subarray(0, this.#length));
    this.#bitsBefore += this.#length * 8;
    this.#length = 0;
  }
}
