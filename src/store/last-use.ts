import { stat, utimes } from 'node:fs/promises';

import { systemErrorCode } from '../errors.ts';
import type { Digest } from '../oci/digest.ts';
import { blobPath } from './store-layout.ts';

/** Nobody prunes by the minute; a build that uses ten thousand blobs again soon after another need not touch them all. */
const exactMs = 60 * 60 * 1000;

/**
 * Notes that a blob is used now, as the time of its file, to the hour. Where that is not allowed it stays as it was: the blob
 * counts as older than it is, and pruning goes by what running processes hold all the same.
 */
export async function noteUse(folder: string, digest: Digest): Promise<void> {
  const path = blobPath(folder, digest);
  try {
    const { atime, mtimeMs } = await stat(path);
    if (Date.now() - mtimeMs > exactMs) await utimes(path, atime, new Date());
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
  }
}
