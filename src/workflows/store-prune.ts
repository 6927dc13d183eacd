import type { Digest } from '../oci/digest.ts';
import { pruneStore } from '../store/prune-store.ts';
import type { PruneRequest } from '../store/prune-store.ts';
import type { StoreEntry } from '../store/list-entries.ts';
import { readOldBundle } from './read-old-bundle.ts';
import { countEntries } from './store-totals.ts';
import type { EntryTotals } from './store-totals.ts';

/** What is to be pruned. */
export interface StorePruneInput extends Omit<PruneRequest, 'kept'> {
  readonly store: string;
  /** Paths of bundles in any form, or of inventories: what they need stays. */
  readonly keptBases?: readonly string[];
}

/** A base that pruning forgot. */
interface ForgottenBase {
  readonly name: string;
  readonly id: string;
}

/** Blobs and partial ones, together and apart. */
export interface PrunedTotals {
  readonly bytes: number;
  readonly blobs: EntryTotals;
  readonly partials: EntryTotals;
}

/** What a prune did, or would do. */
export interface StorePruneResult {
  readonly store: string;
  readonly isDryRun: boolean;
  readonly removed: PrunedTotals;
  /** What the limits would have removed, if no running process, no tag and no base that is kept needed it. */
  readonly needed: PrunedTotals;
  /** All that is there now, `needed` too. */
  readonly left: PrunedTotals;
  /** Bases of builds that were not used for so long, or of which nothing is there any more. */
  readonly forgottenBases: readonly ForgottenBase[];
  /** Bytes that are left above `--max-size`, as they are needed. */
  readonly bytesAbove?: number;
}

/**
 * Removes from a store what was used least recently.
 *
 * @throws PaletteEdgeError `STORE_NOT_FOUND`, `NOT_A_STORE` and the like; `DISK_…`; what reading the inventories of bases that are kept throws
 */
export async function storePrune(input: StorePruneInput, signal: AbortSignal): Promise<StorePruneResult> {
  const { store, maximumBytes, isDryRun, keptBases = [] } = input;
  const { removed, needed, kept, forgotten } = await pruneStore(
    store,
    { ...input, kept: await blobsOf(keptBases) },
    signal,
  );
  const left = totalsOf([...kept, ...needed]);
  const bytesAbove = Math.max(0, left.bytes - (maximumBytes ?? Infinity));
  return {
    store,
    isDryRun,
    removed: totalsOf(removed),
    needed: totalsOf(needed),
    left,
    forgottenBases: forgotten.map(({ name, id }) => ({ name, id })),
    ...(bytesAbove > 0 ? { bytesAbove } : {}),
  };
}

/** Of a delta bundle, too: with what its own bases have. */
async function blobsOf(paths: readonly string[]): Promise<ReadonlySet<Digest>> {
  const digests = new Set<Digest>();
  for (const path of new Set(paths)) {
    const { side } = await readOldBundle({ path });
    for (const { digest } of side.inventory.blobs) digests.add(digest);
  }
  return digests;
}

function totalsOf(entries: readonly StoreEntry[]): PrunedTotals {
  return {
    bytes: countEntries(entries).bytes,
    blobs: countEntries(entries.filter(({ kind }) => kind === 'blob')),
    partials: countEntries(entries.filter(({ kind }) => kind === 'partial')),
  };
}
