import type { DeflateSink } from '../deflate-encoder.ts';

const bufferSize = 64 * 1024;

/** Packs bits into bytes, the lowest first (RFC 1951, section 3.1.1). */
export class BitWriter {
  readonly #sink: DeflateSink;
  readonly #buffer = new Uint8Array(bufferSize);
  #length = 0;
  #pending = 0;
  /** Always below 16. */
  #pendingBits = 0;
  #written = 0;

  constructor(sink: DeflateSink) {
    this.#sink = sink;
  }

  /** Bits written so far. */
  get bits(): number {
    return (this.#written + this.#length) * 8 + this.#pendingBits;
  }

  /** Writes `count` bits, at most 16. */
  write(value: number, count: number): void {
    this.#pending |= value << this.#pendingBits;
    this.#pendingBits += count;
    if (this.#pendingBits < 16) return;
    this.#buffer[this.#length++] = this.#pending;
    this.#buffer[this.#length++] = this.#pending >>> 8;
    this.#pending >>>= 16;
    this.#pendingBits -= 16;
    if (this.#length >= bufferSize - 2) this.#empty();
  }

  /** Fills up to a whole byte with zeros. */
  align(): void {
    while (this.#pendingBits > 0) {
      this.#buffer[this.#length++] = this.#pending;
      this.#pending >>>= 8;
      this.#pendingBits = Math.max(0, this.#pendingBits - 8);
    }
    if (this.#length >= bufferSize - 2) this.#empty();
  }

  /** Writes whole bytes, after {@link align}. */
  writeBytes(bytes: Uint8Array): void {
    this.flush();
    this.#sink(bytes);
    this.#written += bytes.length;
  }

  /** Hands all whole bytes on. */
  flush(): void {
    if (this.#pendingBits >= 8) {
      this.#buffer[this.#length++] = this.#pending;
      this.#pending >>>= 8;
      this.#pendingBits -= 8;
    }
    if (this.#length > 0) this.#empty();
  }

  #empty(): void {
    this.#sink(this.#buffer.subarray(0, this.#length));
    this.#written += this.#length;
    this.#length = 0;
  }
}
