const pieceSize = 256 * 1024;

/** Collects bytes in pieces of its own, for another thread: whoever takes them may move their memory. */
export class PieceCollector {
  #pieces: Uint8Array<ArrayBuffer>[] = [];
  #piece = new Uint8Array(pieceSize);
  #filled = 0;

  add(bytes: Uint8Array): void {
    for (let start = 0; start < bytes.length;) {
      const part = bytes.subarray(start, start + pieceSize - this.#filled);
      this.#piece.set(part, this.#filled);
      this.#filled += part.length;
      start += part.length;
      if (this.#filled < pieceSize) continue;
      this.#pieces.push(this.#piece);
      this.#piece = new Uint8Array(pieceSize);
      this.#filled = 0;
    }
  }

  /** All that was added since it was last asked. */
  take(): Uint8Array<ArrayBuffer>[] {
    const pieces = this.#pieces;
    this.#pieces = [];
    if (this.#filled > 0) pieces.push(this.#piece.slice(0, this.#filled));
    this.#filled = 0;
    return pieces;
  }
}
