import type { FileHandle } from 'node:fs/promises';

import { writeAll } from '../io/write-all.ts';

/** Bytes of one write: the pieces of a network are so small that the way to the disk and back would take most of the time. */
const writeSize = 1024 * 1024;

/**
 * Writes content into a file from a position on, one write at a time: when this ends, in whatever way, nothing is being
 * written any more.
 *
 * @returns how many bytes there were
 * @throws whatever reading and writing throw; the file then holds a part of the content
 */
export async function writeContent(
  file: FileHandle,
  content: AsyncIterable<Uint8Array>,
  position: number,
): Promise<number> {
  const buffer = Buffer.allocUnsafeSlow(writeSize);
  let filled = 0;
  let end = position;
  const flush = async (): Promise<void> => {
    await writeAll(file, buffer.subarray(0, filled), end);
    end += filled;
    filled = 0;
  };
  for await (const bytes of content) {
    let taken = 0;
    while (taken < bytes.length) {
      const part = bytes.subarray(taken, taken + writeSize - filled);
      buffer.set(part, filled);
      taken += part.length;
      filled += part.length;
      if (filled === writeSize) await flush();
    }
  }
  await flush();
  return end - position;
}
