import { rmdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

import { systemErrorCode } from '../errors.ts';
import { makeFolder } from './make-folder.ts';

/**
 * Makes a folder with its parents, as {@link makeFolder} does, for what is written into it. When writing fails, what was made goes
 * again: a folder that holds something by then stays, with those around it.
 *
 * @returns what `write` returned
 */
export async function withMadeFolder<T>(path: string, write: () => Promise<T>): Promise<T> {
  const firstMade = await makeFolder(path);
  try {
    return await write();
  } catch (error) {
    await removeMadeFolders(path, firstMade);
    throw error;
  }
}

/**
 * Removes a folder and those around it that were made with it, as far as they are empty.
 *
 * @param firstMade what {@link makeFolder} returned for the path; nothing is removed when it made none
 */
export async function removeMadeFolders(path: string, firstMade: string | undefined): Promise<void> {
  if (firstMade === undefined) return;
  for (let folder = resolve(path); folder.length >= firstMade.length; folder = dirname(folder)) {
    try {
      await rmdir(folder);
    } catch (error) {
      // One that is gone already is in nobody's way.
      if (systemErrorCode(error) !== 'ENOENT') return;
    }
  }
}
