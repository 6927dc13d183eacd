/** The end of a file that goes by, as much of it as there is room for: one piece of memory, used for one file after the other. */
export class FileWindow {
  readonly #limit: number;
  #bytes = Buffer.alloc(0);
  #filled = 0;
  #start = 0;

  /** @param limit bytes that are held at most */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Position in the file of the first byte that is held. */
  get start(): number {
    return this.#start;
  }

  /** Position in the file of the next byte to come. */
  get end(): number {
    return this.#start + this.#filled;
  }

  /** Begins with another file. */
  reset(): void {
    [this.#filled, this.#start] = [0, 0];
  }

  /** Takes the next bytes. When there is no room for them, the older half of what is held goes. */
  append(piece: Uint8Array): void {
    // The system gives memory as it is filled: of a small file little is taken, and nothing is copied for a large one.
    if (this.#bytes.length === 0) this.#bytes = Buffer.allocUnsafeSlow(this.#limit);
    const half = Math.ceil(this.#limit / 2);
    for (let at = 0; at < piece.length; at += half) {
      const part = piece.subarray(at, at + half);
      if (this.#filled + part.length > this.#bytes.length) this.#forgetOldest(half);
      this.#bytes.set(part, this.#filled);
      this.#filled += part.length;
    }
  }

  /** Bytes of the file from one position to another: fewer when they have not come yet, none when they are gone. Good until the next piece. */
  view(from: number, to: number): Buffer {
    if (from < this.#start) return this.#bytes.subarray(0, 0);
    return this.#bytes.subarray(from - this.#start, Math.max(from, Math.min(to, this.end)) - this.#start);
  }

  #forgetOldest(kept: number): void {
    const gone = Math.max(0, this.#filled - kept);
    this.#bytes.copyWithin(0, gone, this.#filled);
    this.#filled -= gone;
    this.#start += gone;
  }
}
