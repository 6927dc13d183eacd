import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

import { PaletteEdgeError, wordDiskError } from '../errors.ts';

/** Bytes that can be read at any position: a file, joined parts, a file inside an image. */
export interface RandomAccess {
  /** Length in bytes. */
  readonly size: number;
  /** Exactly `length` bytes from `position`, or an error. The caller owns the result. */
  read(position: number, length: number): Promise<Uint8Array>;
  /** The files that hold these bytes, for messages; absent when it is only one, which is named anyway. */
  where?(position: number, length: number): string;
  close(): Promise<void>;
}

/**
 * Opens a file for reading at any position.
 *
 * @param what it is, for messages: `bundle`
 * @throws PaletteEdgeError for a file that is missing, a folder, or not readable; reading throws `FILE_TRUNCATED` (kind
 *   content) when the file ends earlier
 */
export async function openFileAccess(path: string, what: string): Promise<RandomAccess> {
  const action = `reading the ${what} ${path}`;
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (error) {
    throw wordDiskError(error, action);
  }
  try {
    const status = await file.stat();
    if (!status.isFile()) {
      throw new PaletteEdgeError('NOT_A_FILE', `${action} failed: it is not a regular file`, {
        kind: 'usage',
      });
    }
    return fileAccess(file, action, status.size);
  } catch (error) {
    await file.close();
    throw wordDiskError(error, action);
  }
}

function fileAccess(file: FileHandle, action: string, size: number): RandomAccess {
  return {
    size,
    close: async () => await file.close(),
    read: async (position, length) => {
      const buffer = Buffer.allocUnsafeSlow(length);
      let filled = 0;
      while (filled < length) {
        const bytesRead = await readSome(file, {
          buffer,
          offset: filled,
          position: position + filled,
          action,
        });
        if (bytesRead === 0) throw truncated(action, position + length);
        filled += bytesRead;
      }
      return buffer;
    },
  };
}

interface ReadRequest {
  readonly buffer: Buffer;
  readonly offset: number;
  readonly position: number;
  readonly action: string;
}

async function readSome(
  file: FileHandle,
  { buffer, offset, position, action }: ReadRequest,
): Promise<number> {
  try {
    return (await file.read(buffer, offset, buffer.length - offset, position)).bytesRead;
  } catch (error) {
    throw wordDiskError(error, action);
  }
}

function truncated(action: string, end: number): PaletteEdgeError {
  return new PaletteEdgeError('FILE_TRUNCATED', `${action} failed: it ends before byte ${end}`, {
    kind: 'content',
    suggestions: ['Compare its size with the original and copy it again.'],
  });
}
