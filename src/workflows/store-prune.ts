import { pruneStore } from '../store/prune-store.ts';
import type { PruneRequest } from '../store/prune-store.ts';
import type { StoreEntry } from '../store/list-entries.ts';
import { countEntries } from './store-totals.ts';
import type { EntryTotals } from './store-totals.ts';

/** What is to be pruned. */
export interface StorePruneInput extends PruneRequest {
  readonly store: string;
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
  /** What the limits would have removed, if no running process and no tag needed it. */
  readonly needed: PrunedTotals;
  /** All that is there now, `needed` too. */
  readonly left: PrunedTotals;
  /** Bytes that are left above `--max-size`, as they are needed. */
  readonly bytesAbove?: number;
}

/**
 * Removes from a store what was used least recently.
 *
 * @throws PaletteEdgeError `STORE_NOT_FOUND`, `NOT_A_STORE` and the like; `DISK_…`
 */
export async function storePrune(input: StorePruneInput, signal: AbortSignal): Promise<StorePruneResult> {
  const { store, maximumBytes, isDryRun } = input;
  const { removed, needed, kept } = await pruneStore(store, input, signal);
  const left = totalsOf([...kept, ...needed]);
  const bytesAbove = Math.max(0, left.bytes - (maximumBytes ?? Infinity));
  return {
    store,
    isDryRun,
    removed: totalsOf(removed),
    needed: totalsOf(needed),
    left,
    ...(bytesAbove > 0 ? { bytesAbove } : {}),
  };
}

function totalsOf(entries: readonly StoreEntry[]): PrunedTotals {
  return {
    bytes: countEntries(entries).bytes,
    blobs: countEntries(entries.filter(({ kind }) => kind === 'blob')),
    partials: countEntries(entries.filter(({ kind }) => kind === 'partial')),
  };
}
