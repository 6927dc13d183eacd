/** Plain bytes on which encoders are tried. */
const plainSize = 2 * 1024 * 1024;
/** Fewer bytes of a stream tell encoders apart badly: most of them write nothing before the first block ends. */
const streamSize = 128 * 1024;
const mostPlainSize = 16 * 1024 * 1024;
/** A stream that gives fewer plain bytes than it has is made to waste time. */
const mostStreamSize = 4 * 1024 * 1024;

/** The beginning of a stream, with the plain bytes it gives. */
export class StreamSample {
  readonly #plain: Uint8Array[] = [];
  #plainSize = 0;
  #stream = new Uint8Array(4 * 1024);
  #streamSize = 0;

  /** Whether it is long enough to find an encoder. */
  get full(): boolean {
    if (this.#plainSize >= mostPlainSize || this.#streamSize >= mostStreamSize) return true;
    return this.#plainSize >= plainSize && this.#streamSize >= streamSize;
  }

  get stream(): Uint8Array {
    return this.#stream.subarray(0, this.#streamSize);
  }

  /** All plain bytes, in order. */
  get plain(): readonly Uint8Array[] {
    return this.#plain;
  }

  addPlain(bytes: Uint8Array): void {
    this.#plain.push(bytes.slice());
    this.#plainSize += bytes.length;
  }

  addStream(bytes: Uint8Array): void {
    const end = this.#streamSize + bytes.length;
    if (end > this.#stream.length) {
      const larger = new Uint8Array(2 * end);
      larger.set(this.stream);
      this.#stream = larger;
    }
    this.#stream.set(bytes, this.#streamSize);
    this.#streamSize = end;
  }

  /** Forgets the last bytes of the stream: they are of something else. */
  dropStream(count: number): void {
    this.#streamSize -= count;
  }
}
