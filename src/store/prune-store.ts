import { mkdir, open, rm } from 'node:fs/promises';

import { systemErrorCode } from '../errors.ts';
import type { Digest } from '../oci/digest.ts';
import { choosePruned } from './choose-pruned.ts';
import type { PruneLimits } from './choose-pruned.ts';
import { listEntries } from './list-entries.ts';
import type { StoreEntry } from './list-entries.ts';
import { moveBack, restoreAllPruned, setAside } from './pruned-blobs.ts';
import { readLeases } from './read-leases.ts';
import { leaseFolder, newLeasePath, requireStore } from './store-layout.ts';
import { leaseHead } from './store-lease.ts';
import { onStoreDisk } from './store-side.ts';
import { taggedBlobs } from './tagged-blobs.ts';
import { forgetBase, listBases, withBaseUses } from './used-bases.ts';
import type { UsedBase } from './used-bases.ts';

/** What a prune is to do. */
export interface PruneRequest extends PruneLimits {
  readonly isDryRun: boolean;
  /** What stays in any case. */
  readonly kept?: ReadonlySet<Digest> | undefined;
}

/** What a prune did, or would do. */
export interface PruneReport {
  readonly removed: readonly StoreEntry[];
  /** What would have gone, but somebody needs it. */
  readonly needed: readonly StoreEntry[];
  /** Everything else. */
  readonly kept: readonly StoreEntry[];
  /** Bases of which nothing is there any more, or which were not used for so long. */
  readonly forgotten: readonly UsedBase[];
}

/** Few, as they are missing meanwhile to whoever has not asked for them before. */
const batchSize = 100;

/**
 * Removes what was used least recently, while any number of processes use the store: never what one of them has asked for, and
 * never what is tagged, or named to be kept. A use of a base is one of its blobs. docs/store-format.md says why that is safe.
 *
 * @throws PaletteEdgeError those of {@link requireStore}; `STORE_LEASE_INVALID`, `STORE_TAGS_INVALID` (kind content), when
 *   nobody knows what is needed: then nothing more is removed; `DISK_…`
 */
export async function pruneStore(
  folder: string,
  request: PruneRequest,
  signal: AbortSignal,
): Promise<PruneReport> {
  await requireStore(folder);
  return await onStoreDisk(`pruning the store ${folder}`, async () => {
    if (!request.isDryRun) await restoreAllPruned(folder);
    const bases = await listBases(folder);
    const entries = withBaseUses(await listEntries(folder, signal), bases);
    const isNeededNow = await needs(folder, request.isDryRun ? Date.now() : await fileSystemTime(folder));
    const isNeeded = (digest: Digest): boolean => request.kept?.has(digest) === true || isNeededNow(digest);
    const { chosen, needed } = choosePruned(entries, request, { now: Date.now(), isNeeded });
    const removed = request.isDryRun ? chosen : await removeInBatches(folder, chosen, signal);
    const gone = new Set(removed);
    const neededNow = new Set([...needed, ...chosen.filter((entry) => !gone.has(entry))]);
    const kept = entries.filter((entry) => !gone.has(entry) && !neededNow.has(entry));
    const left = new Set([...kept, ...neededNow].map(({ digest }) => digest));
    const forgotten = bases.filter((base) => isForgotten(base, request, left));
    if (!request.isDryRun) for (const base of forgotten) await forgetBase(base);
    return { removed, needed: [...neededNow], kept, forgotten };
  });
}

function isForgotten(
  { used, digests }: UsedBase,
  { olderThanMs = Infinity }: PruneLimits,
  left: ReadonlySet<Digest>,
): boolean {
  return Date.now() - used > olderThanMs || [...digests].every((digest) => !left.has(digest));
}

async function removeInBatches(
  folder: string,
  chosen: readonly StoreEntry[],
  signal: AbortSignal,
): Promise<StoreEntry[]> {
  const removed: StoreEntry[] = [];
  for (let start = 0; start < chosen.length; start += batchSize) {
    signal.throwIfAborted();
    removed.push(...(await removeBatch(folder, chosen.slice(start, start + batchSize))));
  }
  return removed;
}

interface Aside {
  readonly entry: StoreEntry;
  readonly digest: Digest;
  readonly path: string;
}

/**
 * Out of the way first, and only then the look at who needs it: whoever lists a blob later does not find it, and whoever found
 * it has listed it before.
 */
async function removeBatch(folder: string, entries: readonly StoreEntry[]): Promise<StoreEntry[]> {
  const aside: Aside[] = [];
  const removed: StoreEntry[] = [];
  try {
    for (const entry of entries) {
      // A partial blob stays where it is: who has it open loses nothing by its removal.
      const moved = entry.kind === 'partial' ? entry : await setAside(folder, entry.digest);
      if (moved !== undefined) aside.push({ entry, ...moved });
    }
    const isNeeded = await needs(folder, await fileSystemTime(folder));
    while (aside.length > 0) {
      const [next] = aside.slice(-1);
      if (next === undefined) break;
      if (isNeeded(next.digest)) await putBack(folder, next);
      else if (await isRemoved(next.path)) removed.push(next.entry);
      aside.pop();
    }
    return removed;
  } catch (error) {
    // What cannot be moved back now is moved back when the store is opened next.
    for (const blob of aside) await putBack(folder, blob).catch(() => undefined);
    throw error;
  }
}

async function putBack(folder: string, blob: Aside): Promise<void> {
  if (blob.entry.kind === 'blob') await moveBack(folder, blob);
}

/** @returns false when somebody was first: who wanted the blob has moved it back */
async function isRemoved(path: string): Promise<boolean> {
  try {
    await rm(path);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return false;
    throw error;
  }
}

async function needs(folder: string, now: number): Promise<(digest: Digest) => boolean> {
  const leases = await readLeases(folder, now);
  const tagged = await taggedBlobs(folder);
  return (digest) => tagged.has(digest) || leases.some(({ digests }) => digests.has(digest));
}

/**
 * What time it is where heartbeats get theirs. Making a file in the very folder has a second use: over a network it makes this host
 * look at the folder anew, instead of remembering it.
 */
async function fileSystemTime(folder: string): Promise<number> {
  await mkdir(leaseFolder(folder), { recursive: true });
  // A lease of nothing: when this is killed here, it is removed as those are.
  const path = newLeasePath(folder);
  const file = await open(path, 'wx');
  try {
    await file.write(await leaseHead());
    return (await file.stat()).mtimeMs;
  } finally {
    await file.close();
    await rm(path, { force: true });
  }
}
