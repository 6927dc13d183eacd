/** The end of a file that goes by, as much of it as there is room for: one piece of memory, used for one file after the other. */
export class FileWindow {
  readonly #limit: number;
  #bytes = Buffer.alloc(0);
  #filled = 0;
  #start = 0;

  /** @param limit bytes that are held at most; memory is taken as they come */
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

  /** Takes the next bytes, of which there are at most half as many as the limit. When there is no room, the older half goes. */
  append(piece: Uint8Array): void {
    if (this.#filled + piece.length > this.#limit) this.#forgetHalf();
    if (this.#filled + piece.length > this.#bytes.length) this.#grow(this.#filled + piece.length);
    this.#bytes.set(piece, this.#filled);
    this.#filled += piece.length;
  }

  /** Bytes of the file from one position to another: fewer when they have not come yet, none when they are gone. Good until the next piece. */
  view(from: number, to: number): Buffer {
    if (from < this.#start) return this.#bytes.subarray(0, 0);
    return this.#bytes.subarray(from - this.#start, Math.max(from, Math.min(to, this.end)) - this.#start);
  }

  #forgetHalf(): void {
    const kept = Math.min(this.#filled, Math.floor(this.#limit / 2));
    const gone = this.#filled - kept;
    this.#bytes.copyWithin(0, gone, this.#filled);
    this.#filled = kept;
    this.#start += gone;
  }

  #grow(needed: number): void {
    const size = Math.min(Math.max(needed, this.#bytes.length * 2, 2 ** 20), Math.max(this.#limit, needed));
    const grown = Buffer.allocUnsafeSlow(size);
    grown.set(this.#bytes.subarray(0, this.#filled));
    this.#bytes = grown;
  }
}
