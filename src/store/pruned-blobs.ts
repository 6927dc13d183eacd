import { randomBytes } from 'node:crypto';
import { lstat, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';

import { systemErrorCode } from '../errors.ts';
import { digestHex, toDigest } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import { blobPath, ingestFolder } from './store-layout.ts';
import { unlessMissing } from './unless-missing.ts';

/**
 * A blob that pruning has moved out of `blobs/`, before it knows whether somebody needs it: `ingest/<hex>.<random>.pruned`.
 * It is as complete as it was, so anybody may move it back.
 */
interface PrunedBlob {
  readonly digest: Digest;
  readonly path: string;
}

const namePattern = /^([0-9a-f]{64})\.[0-9a-f]{12}\.pruned$/;

/** Pruning moves some blobs at a time, and takes moments for them: it has been killed. */
const forgottenMs = 60_000;

/**
 * Moves a blob out of `blobs/`. Whoever looks for it from now on finds it missing.
 *
 * @returns where it is now; undefined when it was not there
 */
export async function setAside(folder: string, digest: Digest): Promise<PrunedBlob | undefined> {
  // A name of its own: another one who prunes at once must not remove what this one has moved.
  const random = randomBytes(6).toString('hex');
  const path = join(ingestFolder(folder), `${digestHex(digest)}.${random}.pruned`);
  return (await isMoved(blobPath(folder, digest), path)) ? { digest, path } : undefined;
}

/** Moves it back; equal bytes that have come meanwhile are replaced. @returns false when it was gone */
export async function moveBack(folder: string, { digest, path }: PrunedBlob): Promise<boolean> {
  return await isMoved(path, blobPath(folder, digest));
}

/**
 * Moves a blob back that pruning has just moved out. Pruning will find it needed, or was killed.
 *
 * @returns whether there was one
 */
export async function restorePruned(folder: string, digest: Digest): Promise<boolean> {
  for (const blob of await listPruned(folder, digest)) if (await moveBack(folder, blob)) return true;
  return false;
}

/** Moves everything back, also from another one who prunes at this moment: that one will find it gone, and not remove it. */
export async function restoreAllPruned(folder: string): Promise<void> {
  for (const blob of await listPruned(folder)) await moveBack(folder, blob);
}

/** Moves back what pruning has left when it was killed. What cannot be moved is left where it is. */
export async function restoreForgotten(folder: string): Promise<void> {
  for (const blob of await listPruned(folder)) {
    const status = await unlessMissing(lstat(blob.path));
    if (status === undefined || Date.now() - status.ctimeMs < forgottenMs) continue;
    try {
      await moveBack(folder, blob);
    } catch (error) {
      if (systemErrorCode(error) === undefined) throw error;
    }
  }
}

async function listPruned(folder: string, digest?: Digest): Promise<PrunedBlob[]> {
  const hex = digest === undefined ? '' : digestHex(digest);
  const names = (await unlessMissing(readdir(ingestFolder(folder)))) ?? [];
  return names.flatMap((name) => {
    const found = name.startsWith(hex) ? namePattern.exec(name)?.[1] : undefined;
    return found === undefined ? [] : [{ digest: toDigest(found), path: join(ingestFolder(folder), name) }];
  });
}

async function isMoved(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return false;
    throw error;
  }
}
