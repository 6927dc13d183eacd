import { randomInt } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';

import { listPartials } from './partial-blobs.ts';
import type { PartialBlob } from './partial-blobs.ts';
import { PartialFile } from './partial-file.ts';
import type { IncomingBlob } from './partial-file.ts';
import { isLive } from './read-leases.ts';
import { storedSize } from './stored-size.ts';

/** How long an owner may write nothing until nobody waits for it any longer: alive or not, waiting longer gains nothing. */
const quietMs = 10_000;
const shortestPollMs = 50;
const longestPollMs = 1000;

/** Each time those who began in the same moment wait for another time; so often they do not meet again by chance. */
const mostAttempts = 20;

/**
 * Begins an empty partial blob when no other living process is receiving the blob. While one is, waits: until the blob is
 * there, or that process has given up, has ended, or has written nothing for ten seconds.
 *
 * Two never get here at once: each makes its file, then looks, and whoever sees another one's drops its own. Where they do all
 * the same, as over a network that shows files late, the blob is received twice, and that is all.
 */
export async function beginAlone(incoming: IncomingBlob): Promise<PartialFile> {
  for (let attempt = 1; ; attempt += 1) {
    await waitForOwners(incoming);
    const partial = await PartialFile.create(incoming);
    if (attempt === mostAttempts || (await liveOwners(incoming)).length === 0) return partial;
    await partial.drop();
    await pause(randomInt(longestPollMs / 10), incoming.signal);
  }
}

async function waitForOwners(incoming: IncomingBlob): Promise<void> {
  const { folder, blob, signal } = incoming;
  let seen = '';
  let quietSince = performance.now();
  for (let pollMs = shortestPollMs; ; pollMs = Math.min(longestPollMs, 2 * pollMs)) {
    const owned = await liveOwners(incoming);
    if (owned.length === 0 || (await storedSize(folder, blob.digest)) === blob.size) return;
    const state = owned.map(({ path, size }) => `${path} ${size}`).join('\n');
    if (state !== seen) quietSince = performance.now();
    if (performance.now() - quietSince > quietMs) return;
    seen = state;
    await pause(pollMs, signal);
  }
}

/** The partial blobs that other living processes are writing, or were until a moment ago. */
async function liveOwners({ folder, blob, lease }: IncomingBlob): Promise<PartialBlob[]> {
  if (lease?.id === undefined) return [];
  const live: PartialBlob[] = [];
  for (const partial of await listPartials(folder, blob.digest)) {
    const { isLeft, lease: owner, modified } = partial;
    if (isLeft || owner === undefined || owner === lease.id || Math.abs(Date.now() - modified) > quietMs)
      continue;
    if (await isLive(folder, owner)) live.push(partial);
  }
  return live;
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await wait(ms, undefined, { signal }).catch(() => signal?.throwIfAborted());
}
