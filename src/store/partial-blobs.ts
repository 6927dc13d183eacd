import { randomBytes } from 'node:crypto';
import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { systemErrorCode } from '../errors.ts';
import { digestHex, toDigest } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import { ingestFolder } from './store-layout.ts';
import { storedSize } from './stored-size.ts';
import { unlessMissing } from './unless-missing.ts';

/**
 * A blob that is not complete yet, as it lies in `ingest/`. Its name says whether somebody may be writing it:
 * `<hex>.<random>.<lease>.partial` has an owner, who alone writes and renames it; `….left` was closed by its owner and
 * belongs to whoever renames it first.
 */
export interface PartialBlob {
  readonly digest: Digest;
  readonly path: string;
  readonly isLeft: boolean;
  /** Id of the lease of its owner, or of its last one; undefined when that had none. */
  readonly lease: string | undefined;
  /** Bytes, when it was looked at. */
  readonly size: number;
  /** When it was last written, in milliseconds since 1970. */
  readonly modified: number;
}

const namePattern = /^([0-9a-f]{64})\.[0-9a-f]{12}(?:\.([0-9a-f]{12}))?\.(partial|left)$/;
const partialSuffix = '.partial';
const leftSuffix = '.left';

const daysKept = 7;
const dayInMs = 24 * 60 * 60 * 1000;

/**
 * A name that no other process has or will have: random, because process ids repeat between containers.
 *
 * @param lease id of the owner's lease
 */
export function newPartialPath(folder: string, digest: Digest, lease?: string): string {
  const random = randomBytes(6).toString('hex');
  const owner = lease === undefined ? '' : `.${lease}`;
  return join(ingestFolder(folder), `${digestHex(digest)}.${random}${owner}${partialSuffix}`);
}

/** The name under which the owner of a partial blob leaves it to others. */
export function leftPath(path: string): string {
  return `${path.slice(0, -partialSuffix.length)}${leftSuffix}`;
}

/** The partial blobs of a digest, or all of them. What vanishes meanwhile is left out. */
export async function listPartials(folder: string, digest?: Digest): Promise<PartialBlob[]> {
  const hex = digest === undefined ? '' : digestHex(digest);
  const partials: PartialBlob[] = [];
  for (const name of await readdir(ingestFolder(folder))) {
    const match = name.startsWith(hex) ? namePattern.exec(name) : null;
    if (match?.[1] === undefined) continue;
    const path = join(ingestFolder(folder), name);
    const status = await unlessMissing(lstat(path));
    if (status?.isFile() !== true) continue;
    const { size, mtimeMs: modified } = status;
    partials.push({
      digest: toDigest(match[1]),
      path,
      isLeft: match[3] === 'left',
      lease: match[2],
      size,
      modified,
    });
  }
  return partials;
}

/**
 * Removes a partial blob, if it is there and can be removed. This is housekeeping: where it fails, the store belongs to
 * somebody else or is read-only, and that must not fail the work that is done.
 */
export async function removePartial(path: string): Promise<void> {
  try {
    await rm(path, { force: true });
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
  }
}

/** Removes every partial blob of a digest, for when the blob is in the store. Live owners notice at their end. */
export async function removePartials(folder: string, digest: Digest): Promise<void> {
  for (const { path } of await listPartials(folder, digest)) await removePartial(path);
}

/**
 * Removes what nobody will go on with: partial blobs that were not written for 7 days, and those of blobs that are in
 * the store, left when a process was killed right after its last step.
 */
export async function removeStalePartials(folder: string): Promise<void> {
  const oldest = Date.now() - daysKept * dayInMs;
  for (const { digest, path, size, modified } of await listPartials(folder)) {
    const isDone = ((await storedSize(folder, digest)) ?? -1) >= size;
    if (isDone || modified < oldest) await removePartial(path);
  }
}
