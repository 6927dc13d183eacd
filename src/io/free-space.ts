import { stat, statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

import { systemErrorCode } from '../errors.ts';

/** Free space of the file system that a path is on, or will be on. */
export interface FreeSpace {
  /** Bytes an ordinary user may still write. */
  readonly bytes: number;
  /** Same number, same file system: two paths with one device share their space. */
  readonly device: number;
}

/** Asks the file system of `path`; a path that does not exist yet is answered by its nearest existing parent. */
export async function freeSpace(path: string): Promise<FreeSpace> {
  let folder = resolve(path);
  for (;;) {
    try {
      const [space, { dev }] = await Promise.all([statfs(folder), stat(folder)]);
      return { bytes: space.bavail * space.bsize, device: dev };
    } catch (error) {
      const parent = dirname(folder);
      if (systemErrorCode(error) !== 'ENOENT' || parent === folder) throw error;
      folder = parent;
    }
  }
}
