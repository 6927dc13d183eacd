import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Writes a file beside its final name and renames it when complete: the name never stands for half a file.
 *
 * The parent folder is made. On any failure the half-written file is removed and the old one, if any, is still there.
 *
 * @returns what `write` returned
 */
export async function writeFileAtomically<T>(
  path: string,
  write: (file: FileHandle) => Promise<T>,
): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  const beside = `${path}.${randomBytes(6).toString('hex')}.partial`;
  try {
    const file = await open(beside, 'wx');
    let result: T;
    try {
      result = await write(file);
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
    return result;
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}
