import type { FileHandle } from 'node:fs/promises';

/**
 * Writes all of the bytes: one write of a file may take fewer than it was given.
 *
 * @param position where in the file, in bytes; undefined goes on after the last write
 */
export async function writeAll(file: FileHandle, bytes: Uint8Array, position?: number): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const at = position === undefined ? undefined : position + written;
    written += (await file.write(bytes, written, bytes.length - written, at)).bytesWritten;
  }
}
