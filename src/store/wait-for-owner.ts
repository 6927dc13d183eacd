import { basename } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import { PaletteEdgeError, systemErrorCode } from '../errors.ts';
import { listPartials } from './partial-blobs.ts';
import type { PartialBlob } from './partial-blobs.ts';
import type { IncomingBlob } from './partial-file.ts';
import { readLeases } from './read-leases.ts';
import { storedSize } from './stored-size.ts';

/** How long an owner may write nothing until nobody waits for it any longer: alive or not, waiting longer gains nothing. */
const quietMs = 10_000;
const shortestPollMs = 50;
const longestPollMs = 1000;

/**
 * Waits while another living process is receiving the same blob: until the blob is there, or that process has given up, has ended, or
 * has written nothing for ten seconds. Returns at once when there is no such process.
 */
export async function waitForOwner(incoming: IncomingBlob): Promise<void> {
  const { folder, blob, signal } = incoming;
  let seen = '';
  let quietSince = performance.now();
  for (let pollMs = shortestPollMs; ; pollMs = Math.min(longestPollMs, 2 * pollMs)) {
    const owned = await ownedPartials(incoming);
    if (owned.length === 0 || !(await isHeldElsewhere(incoming))) return;
    if ((await storedSize(folder, blob.digest)) === blob.size) return;
    const state = owned.map(({ path, size }) => `${path} ${size}`).join('\n');
    if (state !== seen) quietSince = performance.now();
    if (performance.now() - quietSince > quietMs) return;
    seen = state;
    await wait(pollMs, undefined, { signal }).catch(() => signal?.throwIfAborted());
  }
}

/**
 * Whether another process that began in the same moment comes first: each can see the file of the other, and the name
 * decides.
 */
export async function isSecond(incoming: IncomingBlob, path: string): Promise<boolean> {
  const owned = await ownedPartials(incoming);
  const isOther = owned.some((partial) => basename(partial.path) < basename(path));
  return isOther && (await isHeldElsewhere(incoming));
}

/** What somebody may be writing. */
async function ownedPartials({ folder, blob }: IncomingBlob): Promise<PartialBlob[]> {
  const partials = await listPartials(folder, blob.digest);
  return partials.filter(({ isLeft, modified }) => !isLeft && Math.abs(Date.now() - modified) < quietMs);
}

async function isHeldElsewhere({ folder, blob, lease }: IncomingBlob): Promise<boolean> {
  if (lease === undefined) return false;
  try {
    const leases = await readLeases(folder, { now: Date.now(), own: lease.path });
    return leases.some(({ digests }) => digests.has(blob.digest));
  } catch (error) {
    // Not to be read: then the blob is pulled twice, and that is all.
    if (error instanceof PaletteEdgeError || systemErrorCode(error) !== undefined) return false;
    throw error;
  }
}
