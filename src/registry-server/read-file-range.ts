import { open } from 'node:fs/promises';

const readSize = 256 * 1024;

/** A part of a file: both in bytes from its beginning, `end` exclusive. */
export interface FileRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Reads a part of a file piece by piece. The file is opened by the first piece, so that content nobody iterates holds
 * no file open.
 *
 * @throws when the file is missing or ends before the range does
 */
export async function* readFileRange(
  path: string,
  { start, end }: FileRange,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (start >= end) return;
  const file = await open(path, 'r');
  try {
    let position = start;
    while (position < end) {
      signal?.throwIfAborted();
      // A new one for each piece: whoever got the last one may still be sending it.
      const buffer = Buffer.allocUnsafeSlow(Math.min(readSize, end - position));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, position);
      if (bytesRead === 0) throw new Error(`a file ends at byte ${position}, expected were ${end}`);
      position += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}
