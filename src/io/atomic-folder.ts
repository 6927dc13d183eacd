import { randomBytes } from 'node:crypto';
import { readdir, rename, rm, rmdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { systemErrorCode } from '../errors.ts';
import { removeStalePartials, removeStalePartialsIn } from './atomic-file.ts';
import { makeFolder } from './make-folder.ts';

/**
 * Makes a folder whose content appears when it is complete: it is written beside, and renamed. Into an empty folder that is there already,
 * which may be the root of a drive, it is written inside, and moved up.
 *
 * On any failure what was written is removed. What killed processes left of the same, long ago, is removed, too.
 *
 * @param path a folder that is not there, or is empty: whoever calls has looked
 * @param last the name in it that appears after all others, when they cannot appear at once
 * @returns what `write` returned
 */
export async function writeFolderAtomically<T>(
  path: string,
  last: string,
  write: (folder: string) => Promise<T>,
): Promise<T> {
  const target = resolve(path);
  const partial = `${randomBytes(6).toString('hex')}.partial`;
  const isThere = await isFolder(target);
  const beside = isThere ? join(target, `.${partial}`) : `${target}.${partial}`;
  await (isThere ? removeStalePartialsIn(target) : removeStalePartials(target));
  try {
    await makeFolder(beside);
    const result = await write(beside);
    if (isThere) await moveUp(beside, { target, last });
    else await rename(beside, target);
    return result;
  } catch (error) {
    await rm(beside, { recursive: true, force: true });
    throw error;
  }
}

async function moveUp(
  folder: string,
  { target, last }: { readonly target: string; readonly last: string },
): Promise<void> {
  const names = await readdir(folder);
  const ordered = [...names.filter((name) => name !== last), ...names.filter((name) => name === last)];
  for (const name of ordered) await rename(join(folder, name), join(target, name));
  await rmdir(folder);
}

async function isFolder(path: string): Promise<boolean> {
  try {
    await readdir(path);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return false;
    throw error;
  }
}
