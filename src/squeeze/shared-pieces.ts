/** Size of the pieces that are sent to threads. */
export const sharedPieceSize = 256 * 1024;

/** More are not kept for later. */
const mostKept = 64;

/** Memory that threads share, in pieces that are used again. */
export class SharedPieces {
  readonly #free: Uint8Array<SharedArrayBuffer>[] = [];

  /** A copy of at most {@link sharedPieceSize} bytes, for as long as nobody gives it back. */
  copy(bytes: Uint8Array): Uint8Array<SharedArrayBuffer> {
    const piece = this.#free.pop() ?? new Uint8Array(new SharedArrayBuffer(sharedPieceSize));
    piece.set(bytes);
    return piece.subarray(0, bytes.length);
  }

  giveBack(piece: Uint8Array<SharedArrayBuffer>): void {
    if (this.#free.length < mostKept) this.#free.push(new Uint8Array(piece.buffer));
  }
}
