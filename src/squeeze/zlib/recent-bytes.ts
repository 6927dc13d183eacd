import { historySize } from '../deflate-encoder.ts';

/** Keeps the last bytes of a stream, as many as a dictionary has. */
export class RecentBytes {
  readonly #bytes = new Uint8Array(2 * historySize);
  #length = 0;

  /** The last 32 KiB, or all there are. Valid until more are added. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(Math.max(0, this.#length - historySize), this.#length);
  }

  add(piece: Uint8Array): void {
    const added = piece.subarray(Math.max(0, piece.length - historySize));
    if (this.#length + added.length > this.#bytes.length) {
      this.#bytes.copyWithin(0, this.#length - historySize, this.#length);
      this.#length = historySize;
    }
    this.#bytes.set(added, this.#length);
    this.#length += added.length;
  }
}
