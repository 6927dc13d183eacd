import type { FileHandle } from 'node:fs/promises';

/** What is read of a file: `start` inclusive, `end` exclusive, in bytes. */
export interface PiecesToRead {
  readonly start: number;
  readonly end: number;
  readonly signal: AbortSignal | undefined;
  /** Whether a piece may be overwritten when the next one is asked for. */
  readonly reusesBuffers?: boolean | undefined;
}

/** Measured from 256 KiB to 4 MiB: no difference in speed, and larger pieces take more memory. */
const pieceSize = 1024 * 1024;

/**
 * Reads a file piece by piece, one piece ahead of the consumer, who owns what it got unless buffers are reused. Ends early,
 * without an error, where the file ends.
 */
export async function* readPieces(
  file: FileHandle,
  { start, end, signal, reusesBuffers = false }: PiecesToRead,
): AsyncGenerator<Uint8Array, void, undefined> {
  let position = start;
  // Two take turns: the consumer has one while the other is filled.
  const buffers =
    reusesBuffers && end - start > pieceSize ? [newBuffer(pieceSize), newBuffer(pieceSize)] : [];
  let turn = 0;
  const readNext = async (): Promise<Uint8Array> => {
    const length = Math.min(pieceSize, end - position);
    const buffer = buffers[turn % buffers.length] ?? newBuffer(length);
    turn += 1;
    const { bytesRead } = await file.read(buffer, 0, length, position);
    return buffer.subarray(0, bytesRead);
  };
  let ahead = readNext();
  try {
    while (position < end) {
      signal?.throwIfAborted();
      const piece = await ahead;
      if (piece.length === 0) return;
      position += piece.length;
      ahead = readNext();
      // It may fail while the consumer is busy: then it is told when the consumer comes back, if it does.
      ahead.catch(() => undefined);
      yield piece;
    }
  } finally {
    await ahead.catch(() => undefined);
  }
}

function newBuffer(length: number): Buffer {
  return Buffer.allocUnsafeSlow(length);
}
