import { totalSize } from '../io/total-size.ts';
import type { Digest } from '../oci/digest.ts';
import type { StoreEntry } from './list-entries.ts';

/** What is pruned: either suffices. */
export interface PruneLimits {
  /** Bytes that may stay; what was used least recently goes first. */
  readonly maximumBytes?: number | undefined;
  /** What was not used for longer goes, in milliseconds. */
  readonly olderThanMs?: number | undefined;
}

/** What pruning looks at besides. */
export interface PruneView {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Whether somebody needs it. */
  readonly isNeeded: (digest: Digest) => boolean;
}

/** What is to go, and what would be if nobody needed it. */
export interface PruneChoice {
  readonly chosen: readonly StoreEntry[];
  readonly needed: readonly StoreEntry[];
}

/** Chooses what a prune removes, least recently used first; equally old ones by digest. */
export function choosePruned(
  entries: readonly StoreEntry[],
  { maximumBytes = Infinity, olderThanMs = Infinity }: PruneLimits,
  { now, isNeeded }: PruneView,
): PruneChoice {
  let bytes = totalSize(entries);
  const chosen: StoreEntry[] = [];
  const needed: StoreEntry[] = [];
  for (const entry of entries.toSorted(leastRecentFirst)) {
    if (bytes <= maximumBytes && now - entry.used <= olderThanMs) continue;
    if (isNeeded(entry.digest)) {
      needed.push(entry);
      continue;
    }
    chosen.push(entry);
    bytes -= entry.size;
  }
  return { chosen, needed };
}

function leastRecentFirst(one: StoreEntry, other: StoreEntry): number {
  return one.used - other.used || (one.path < other.path ? -1 : 1);
}
