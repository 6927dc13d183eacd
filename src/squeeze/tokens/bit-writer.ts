import type { DeflateSink } from '../deflate-encoder.ts';

/** Writes bits, the lowest first (RFC 1951, section 3.1.1), and hands out whole bytes in pieces of 64 KiB. */
export interface BitWriter {
  /** The lowest `count` bits of a number, at most 16 at once; what is above them must be 0. */
  bits(value: number, count: number): void;
  /** Fills up to a whole byte with the lowest of these bits. */
  align(padding?: number): void;
  /** Whole bytes; the writer must be at the beginning of one. */
  bytes(bytes: Uint8Array): void;
  /** Hands out all whole bytes that are there. */
  flush(): void;
  /** Bits that were written. */
  readonly position: number;
}

const pieceSize = 64 * 1024;

/**
 * A bit writer.
 *
 * @param start bits before the first one: the first byte begins with as many zero bits as there are in a part of a byte
 */
export function createBitWriter(sink: DeflateSink, start = 0): BitWriter {
  return new Writer(sink, start);
}

class Writer implements BitWriter {
  readonly #sink: DeflateSink;
  readonly #piece = new Uint8Array(pieceSize);
  #filled = 0;
  #held = 0;
  #count: number;
  /** Bits before the piece. */
  #before: number;

  constructor(sink: DeflateSink, start: number) {
    this.#sink = sink;
    this.#count = start % 8;
    this.#before = start - this.#count;
  }

  get position(): number {
    return this.#before + this.#filled * 8 + this.#count;
  }

  bits(value: number, count: number): void {
    // At most 15 are held, so that 31 are the most.
    this.#held |= value << this.#count;
    this.#count += count;
    while (this.#count >= 8) this.#byte();
  }

  align(padding = 0): void {
    const missing = -this.#count & 7;
    if (missing > 0) this.bits(padding & ((1 << missing) - 1), missing);
  }

  bytes(bytes: Uint8Array): void {
    if (this.#count !== 0) throw new TypeError('bytes begin at whole bytes');
    for (let start = 0; start < bytes.length;) {
      const size = Math.min(bytes.length - start, pieceSize - this.#filled);
      this.#piece.set(bytes.subarray(start, start + size), this.#filled);
      this.#filled += size;
      start += size;
      if (this.#filled === pieceSize) this.flush();
    }
  }

  flush(): void {
    if (this.#filled === 0) return;
    this.#sink(this.#piece.subarray(0, this.#filled));
    this.#before += this.#filled * 8;
    this.#filled = 0;
  }

  #byte(): void {
    this.#piece[this.#filled++] = this.#held;
    this.#held >>>= 8;
    this.#count -= 8;
    if (this.#filled === pieceSize) this.flush();
  }
}
