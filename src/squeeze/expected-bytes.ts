/** Bytes that are expected next, in order: of a stream whose writer lags behind its reader. */
export class ExpectedBytes {
  #buffer: Uint8Array<ArrayBuffer>;
  #start = 0;
  #end = 0;
  #differs = false;
  readonly #most: number;

  /** @param most how many bytes may be waited for; with more it counts as a difference, as no encoder lags so far behind */
  constructor(most: number) {
    this.#most = most;
    this.#buffer = new Uint8Array(4 * 1024);
  }

  /** Whether something else came than what was expected. */
  get differs(): boolean {
    return this.#differs;
  }

  /** How many bytes are still to come. */
  get left(): number {
    return this.#end - this.#start;
  }

  expect(bytes: Uint8Array): void {
    if (this.left + bytes.length > this.#most) this.#differs = true;
    if (this.#differs) return;
    if (this.#end + bytes.length > this.#buffer.length) this.#makeRoom(bytes.length);
    this.#buffer.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** Takes back the last of them: they are of something else. */
  retract(count: number): void {
    if (count > this.left) this.#differs = true;
    else this.#end -= count;
  }

  /** What came. */
  compare(bytes: Uint8Array): void {
    if (bytes.length > this.left) this.#differs = true;
    if (this.#differs) return;
    const expected = this.#buffer.subarray(this.#start, this.#start + bytes.length);
    if (Buffer.compare(expected, bytes) !== 0) this.#differs = true;
    this.#start += bytes.length;
  }

  #makeRoom(size: number): void {
    const { left } = this;
    const enough = left + size <= this.#buffer.length / 2;
    const next = enough ? this.#buffer : new Uint8Array(2 * Math.max(left + size, this.#buffer.length));
    next.set(this.#buffer.subarray(this.#start, this.#end));
    this.#buffer = next;
    this.#start = 0;
    this.#end = left;
  }
}
