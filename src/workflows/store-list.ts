import type { Digest } from '../oci/digest.ts';
import { countLeases } from '../store/count-leases.ts';
import { listEntries } from '../store/list-entries.ts';
import type { StoreEntry } from '../store/list-entries.ts';
import { requireStore } from '../store/store-layout.ts';
import { onStoreDisk, readingFrom } from '../store/store-side.ts';
import { listBases, withBaseUses } from '../store/used-bases.ts';
import { countEntries } from './store-totals.ts';
import type { EntryTotals } from './store-totals.ts';

/** A blob of a store as it is listed. */
interface ListedBlob {
  readonly kind: StoreEntry['kind'];
  readonly digest: Digest;
  readonly bytes: number;
  /** When it was last used, to the hour, or a partial one last written: ISO 8601, UTC. */
  readonly used: string;
}

/** Blobs by when they were last used. */
export interface AgeShare extends EntryTotals {
  /** Up to so many days ago; undefined for everything that is older. */
  readonly days: number | undefined;
}

/** A base that builds used. */
export interface ListedBase {
  readonly name: string;
  readonly id: string;
  /** When a build last used it: ISO 8601, UTC. */
  readonly used: string;
  /** Its blobs, as far as they are in the store. */
  readonly blobs: EntryTotals;
}

/** What is in a store. */
export interface StoreListResult {
  readonly store: string;
  readonly blobs: EntryTotals;
  /** Downloads that did not end: the next build of them goes on. */
  readonly partials: EntryTotals;
  /** Running processes that need something of it. */
  readonly processes: number;
  /** What delta bundles were made against, most recently used first: a use of a base is one of its blobs. */
  readonly bases: readonly ListedBase[];
  /** Most recently used first. */
  readonly ages: readonly AgeShare[];
  /** Everything, least recently used first: in the order in which it is pruned. */
  readonly entries: readonly ListedBlob[];
}

const steps: readonly (number | undefined)[] = [1, 7, 30, 90, undefined];
const dayMs = 24 * 60 * 60 * 1000;

/**
 * Lists what is in a store. Nothing is made or changed.
 *
 * @param now milliseconds since 1970
 * @throws PaletteEdgeError `STORE_NOT_FOUND`, `NOT_A_STORE` and the like; `DISK_…`
 */
export async function storeList(store: string, now: number, signal: AbortSignal): Promise<StoreListResult> {
  await requireStore(store);
  const bases = await onStoreDisk(readingFrom(store), async () => await listBases(store));
  const entries = withBaseUses(await listEntries(store, signal), bases).toSorted(
    (one, other) => one.used - other.used || (one.path < other.path ? -1 : 1),
  );
  const blobs = entries.filter(({ kind }) => kind === 'blob');
  return {
    store,
    blobs: countEntries(blobs),
    partials: countEntries(entries.filter(({ kind }) => kind === 'partial')),
    processes: await countLeases(store),
    bases: bases.map(({ name, id, used, digests }) => ({
      name,
      id,
      used: new Date(used).toISOString(),
      blobs: countEntries(blobs.filter(({ digest }) => digests.has(digest))),
    })),
    ages: agesOf(blobs, now),
    entries: entries.map(({ kind, digest, size, used }) => ({
      kind,
      digest,
      bytes: size,
      used: new Date(used).toISOString(),
    })),
  };
}

function agesOf(blobs: readonly StoreEntry[], now: number): AgeShare[] {
  return steps.map((days, index) => {
    const from = (steps[index - 1] ?? -Infinity) * dayMs;
    const to = (days ?? Infinity) * dayMs;
    return { days, ...countEntries(blobs.filter(({ used }) => now - used > from && now - used <= to)) };
  });
}
