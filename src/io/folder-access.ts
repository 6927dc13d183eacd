import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { systemErrorCode, wordDiskError } from '../errors.ts';
import { openFileAccess } from './random-access.ts';
import type { RandomAccess } from './random-access.ts';

/** A folder whose files are read: of a disk, or inside an image. */
export interface FolderAccess {
  /** The file as messages name it. */
  place(name: string): string;
  /** Names of what is in it; none when it is not there. */
  names(): Promise<readonly string[]>;
  /** What a name stands for; undefined for nothing. */
  status(name: string): Promise<FileStatus | undefined>;
  /**
   * @param what it is, for messages: `part`
   * @throws PaletteEdgeError as {@link openFileAccess} does
   */
  open(name: string, what: string): Promise<RandomAccess>;
}

/** What a name in a folder stands for. */
interface FileStatus {
  /** Whether it is a regular file. */
  readonly isFile: boolean;
  /** In bytes. */
  readonly size: number;
}

/** A folder of a file system. Its methods throw PaletteEdgeError for what cannot be looked at. */
export function diskFolder(path: string): FolderAccess {
  const place = (name: string): string => join(path, name);
  return {
    place,
    names: async () => await unlessMissing(async () => await readdir(path), `reading the folder ${path}`, []),
    status: async (name) =>
      await unlessMissing(
        async () => {
          const status = await stat(place(name));
          return { isFile: status.isFile(), size: status.size };
        },
        `reading ${place(name)}`,
        undefined,
      ),
    open: async (name, what) => await openFileAccess(place(name), what),
  };
}

async function unlessMissing<T>(look: () => Promise<T>, action: string, nothing: T): Promise<T> {
  try {
    return await look();
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG') return nothing;
    throw wordDiskError(error, action);
  }
}
