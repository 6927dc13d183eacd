import { randomBytes } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

/**
 * An empty file beside a path, for reading and writing, that has no name any more: it is gone when it is closed, however this process ends.
 *
 * @throws the system's error when it cannot be made
 */
export async function openSpillFile(path: string): Promise<FileHandle> {
  // A name that removing stale partials knows, should the process end between the two.
  const name = `${path}.${randomBytes(6).toString('hex')}.partial`;
  const file = await open(name, 'wx+', 0o600);
  await rm(name, { force: true });
  return file;
}
