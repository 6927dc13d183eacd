import type { DeflateSink } from '../deflate-encoder.ts';

const capacity = 64 * 1024;

/** Packs bits into bytes, the first of them lowest (RFC 1951, section 3.1.1), and hands them to a sink in pieces. */
export class BitOutput {
  readonly #sink: DeflateSink;
  readonly #buffer = new Uint8Array(capacity);
  #length = 0;
  /** Bits that are no whole byte pair yet, and how many: at most 15. */
  #held = 0;
  #heldLength: number;
  /** Bytes of the stream before the buffer. */
  #before: number;

  /** @param bits of the stream before: those in the first byte are left 0 */
  constructor(sink: DeflateSink, bits = 0) {
    this.#sink = sink;
    this.#heldLength = bits % 8;
    this.#before = Math.floor(bits / 8);
  }

  /** Bits of the stream so far. */
  get bits(): number {
    return (this.#before + this.#length) * 8 + this.#heldLength;
  }

  /** Adds the lowest bits of a value that has no others. @param length 0–16 */
  put(value: number, length: number): void {
    const held = this.#held | (value << this.#heldLength);
    const heldLength = this.#heldLength + length;
    if (heldLength < 16) {
      this.#held = held;
      this.#heldLength = heldLength;
      return;
    }
    this.#buffer[this.#length] = held;
    this.#buffer[this.#length + 1] = held >>> 8;
    this.#length += 2;
    this.#held = held >>> 16;
    this.#heldLength = heldLength - 16;
    if (this.#length > capacity - 4) this.#empty();
  }

  /** Fills the last byte with zeros. */
  align(): void {
    while (this.#heldLength > 0) {
      this.#buffer[this.#length] = this.#held;
      this.#length += 1;
      this.#held >>>= 8;
      this.#heldLength = Math.max(0, this.#heldLength - 8);
    }
    if (this.#length > capacity - 4) this.#empty();
  }

  /** Adds whole bytes, after {@link align}. */
  bytes(bytes: Uint8Array): void {
    this.#empty();
    if (bytes.length > 0) this.#sink(bytes);
    this.#before += bytes.length;
  }

  /** Fills the last byte with zeros, and hands out all that is left. */
  finish(): void {
    this.align();
    this.#empty();
  }

  #empty(): void {
    if (this.#length === 0) return;
    this.#sink(this.#buffer.subarray(0, this.#length));
    this.#before += this.#length;
    this.#length = 0;
  }
}
