import { rename, rm, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

import { systemErrorCode } from '../errors.ts';
import type { Digest } from '../oci/digest.ts';
import { newPartialPath } from './partial-blobs.ts';
import { blobPath } from './store-layout.ts';
import { unlessMissing } from './unless-missing.ts';

/**
 * Removes a blob whose bytes are not what its name says, unless a right one has just taken its place.
 *
 * @param file open, what was found damaged
 * @returns false when it is still there, as it cannot be removed
 */
export async function removeDamaged(folder: string, digest: Digest, file: FileHandle): Promise<boolean> {
  const path = blobPath(folder, digest);
  // Moved aside before it is looked at, so that a right blob that has just taken its place is not removed. Killed in
  // between, it is a partial blob like any other.
  const aside = newPartialPath(folder, digest);
  try {
    await rename(path, aside);
    const damaged = await file.stat({ bigint: true });
    const moved = await stat(aside, { bigint: true });
    await (damaged.ino === moved.ino ? rm(aside) : rename(aside, path));
    return true;
  } catch (failure) {
    return systemErrorCode(failure) === 'ENOENT' && (await unlessMissing(stat(path))) === undefined;
  }
}
