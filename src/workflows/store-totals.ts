import { totalSize } from '../io/total-size.ts';
import type { StoreEntry } from '../store/list-entries.ts';

/** How many there are, and their bytes. */
export interface EntryTotals {
  readonly count: number;
  readonly bytes: number;
}

/** Counts blobs of a store. */
export function countEntries(entries: readonly StoreEntry[]): EntryTotals {
  return { count: entries.length, bytes: totalSize(entries) };
}
