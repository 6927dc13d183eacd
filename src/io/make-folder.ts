import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

import { PaletteEdgeError, systemErrorCode } from '../errors.ts';

/**
 * Makes a folder and its parents, one by one: Node's own `recursive` never ends where a file system answers `ENOENT` to
 * every new folder, as /proc does. Any number of processes may do so at once.
 *
 * @returns the first folder that was made, or undefined when all were there
 * @throws PaletteEdgeError `FOLDER_REFUSED` (kind disk) for such a file system; Node's errors otherwise, `ENOTDIR` for a
 *   file in the way
 */
export async function makeFolder(path: string): Promise<string | undefined> {
  const missing: string[] = [];
  let folder = resolve(path);
  while (!(await isFolder(folder))) {
    missing.push(folder);
    folder = dirname(folder);
  }
  let firstMade: string | undefined;
  for (const each of missing.toReversed()) {
    if (await makeOne(each)) firstMade ??= each;
  }
  return firstMade;
}

/** @returns false when nothing is there; the slash has anything but a folder answered with `ENOTDIR` */
async function isFolder(path: string): Promise<boolean> {
  try {
    await stat(`${path}/`);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT' && dirname(path) !== path) return false;
    throw error;
  }
}

/** @returns false when another process made it meanwhile */
async function makeOne(folder: string): Promise<boolean> {
  try {
    await mkdir(folder);
    return true;
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'EEXIST' && (await isFolder(folder))) return false;
    if (code === 'ENOENT' && (await isFolder(dirname(folder)))) throw refused(folder, error);
    throw error;
  }
}

function refused(folder: string, cause: unknown): PaletteEdgeError {
  return new PaletteEdgeError(
    'FOLDER_REFUSED',
    `making the folder ${folder} failed: the file system of ${dirname(folder)} takes no new folders`,
    { kind: 'disk', cause, suggestions: ['Choose another place.'] },
  );
}
