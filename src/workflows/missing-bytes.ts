import { runLimited } from '../io/run-limited.ts';
import type { BlobStore } from '../store/blob-store.ts';
import type { SharedStores } from '../store-sharing/shared-stores.ts';
import type { ExistingBundles } from './existing-bundles.ts';
import type { QueuedBlob } from './queue-blobs.ts';

/** Where blobs may be besides registries. */
export interface NearPlaces {
  readonly store: BlobStore;
  readonly existing?: ExistingBundles | undefined;
  readonly shared?: SharedStores | undefined;
}

/** Of each blob of a queue, in its order, the bytes that are missing in the store, in existing bundles too, and in shared stores too. */
export interface MissingBytes {
  readonly inStore: readonly number[];
  readonly inBundles: readonly number[];
  /** What registries have to give. */
  readonly inShared: readonly number[];
}

const looksAtOnce = 16;

/** Looks for the blobs of a queue in all places; changes nothing. */
export async function missingBytes(
  queue: readonly QueuedBlob[],
  { store, existing, shared }: NearPlaces,
  signal: AbortSignal,
): Promise<MissingBytes> {
  const partials = await store.partialSizes();
  const found = await runLimited(queue, { concurrency: looksAtOnce, signal }, async ({ blob }) => {
    const isStored = (await store.sizeOf(blob.digest)) === blob.size;
    const inStore = isStored ? 0 : blob.size - Math.min(blob.size, partials.get(blob.digest) ?? 0);
    const inBundles = (await existing?.find(blob)) === undefined ? inStore : 0;
    const inShared = inBundles > 0 && (await shared?.has(blob)) === true ? 0 : inBundles;
    return { inStore, inBundles, inShared };
  });
  return {
    inStore: found.map(({ inStore }) => inStore),
    inBundles: found.map(({ inBundles }) => inBundles),
    inShared: found.map(({ inShared }) => inShared),
  };
}
