import { PaletteEdgeError } from '../errors.ts';
import { runLimited } from '../io/run-limited.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { formatRepository } from '../oci/reference.ts';
import type { Reference } from '../oci/reference.ts';
import type { RegistryClient } from '../registry/registry-client.ts';
import type { BlobStore, IngestReport } from '../store/blob-store.ts';
import type { SharedStore } from '../store-sharing/shared-store.ts';
import type { SharedStores } from '../store-sharing/shared-stores.ts';
import type { BuildListener } from './build-event.ts';
import type { ExistingBundles } from './existing-bundles.ts';
import type { QueuedBlob } from './queue-blobs.ts';

/** What pulling did. */
export interface PullReport {
  /** Bytes that were in the store before, whole or half-pulled. */
  readonly reused: number;
  /** Blobs that no repository gave, and why. */
  readonly failed: ReadonlyMap<Digest, PaletteEdgeError>;
}

/** Parts and limits of a pull. */
export interface PullOptions {
  readonly registry: RegistryClient;
  readonly store: BlobStore;
  /** What is in them is not pulled. */
  readonly bundles?: ExistingBundles | undefined;
  /** Asked before registries, and filled with what is in the store then. */
  readonly shared?: SharedStores | undefined;
  /** Blobs in flight from each host; the client holds each host to it. */
  readonly concurrency: number;
  readonly signal: AbortSignal;
  readonly listener: BuildListener;
  /** Told of every blob that is in the store now. */
  readonly onBlob: (digest: Digest, report: IngestReport) => void;
}

/**
 * Pulls every blob of the queue into the store. A blob that fails does not stop the others.
 *
 * @throws what is no failure of one blob: a full disk, an interruption, a bug
 */
export async function pullBlobs(queue: readonly QueuedBlob[], options: PullOptions): Promise<PullReport> {
  const hosts = new Set(queue.flatMap(({ repositories }) => repositories.map(({ registry }) => registry)));
  const failed = new Map<Digest, PaletteEdgeError>();
  let reused = 0;
  const limits = { concurrency: options.concurrency * Math.max(1, hosts.size), signal: options.signal };
  await runLimited(queue, limits, async (queued, signal) => {
    try {
      const report = await pullBlob(queued, { ...options, signal });
      reused += report.reused ? queued.blob.size : report.resumed;
      options.shared?.offer(queued.blob, options.store);
      options.onBlob(queued.blob.digest, report);
    } catch (error) {
      failed.set(queued.blob.digest, failureOf(error));
    }
  });
  return { reused, failed };
}

/** Tries each repository that names the blob, from the byte reached on; the first error is the one worth telling. */
async function pullBlob({ blob, repositories }: QueuedBlob, options: PullOptions): Promise<IngestReport> {
  const { registry, signal } = options;
  const known = (await fromBundles(blob, options)) ?? (await fromShared(blob, options));
  if (known !== undefined) return known;
  const errors: PaletteEdgeError[] = [];
  for (const repository of mostReadyFirst(repositories, registry)) {
    const reader = registry.blobs(repository);
    // As a range, also when it is the whole: the store hashes what it takes in, and once is enough.
    const open = async (start: number) => await reader.open(blob, { signal, range: { start } });
    try {
      return await pullFrom({ name: formatRepository(repository), open }, blob, options);
    } catch (error) {
      errors.push(failureOf(error));
    }
  }
  // Registries need not have layers that may not be distributed.
  const isMissing = errors.some(({ code }) => code === 'BLOB_NOT_FOUND');
  const openLinks = isMissing ? registry.foreignLayer(blob) : undefined;
  if (openLinks !== undefined) {
    const open = async (start: number) => await Promise.resolve(openLinks({ signal, range: { start } }));
    return await pullFrom({ name: 'links of the layer', open }, blob, options);
  }
  throw errors[0] ?? new TypeError('a blob without a repository');
}

/** @returns undefined when no bundle has it, or the one that has it is damaged */
async function fromBundles(blob: Descriptor, options: PullOptions): Promise<IngestReport | undefined> {
  const { bundles, signal } = options;
  const content = await bundles?.find(blob);
  if (bundles === undefined || content === undefined) return undefined;
  const open = async (start: number) => await content.open({ signal, range: { start } });
  try {
    return await pullFrom({ name: content.path, isBundle: true, open }, blob, options);
  } catch (error) {
    bundles.giveUp(content.path, error);
    // Another one may have it.
    return await fromBundles(blob, options);
  }
}

/** @returns undefined when no shared store gives it */
async function fromShared(blob: Descriptor, options: PullOptions): Promise<IngestReport | undefined> {
  const { shared, store, signal } = options;
  // What is here already need not be asked for.
  if (shared === undefined || (await store.sizeOf(blob.digest)) === blob.size) return undefined;
  const take = async (place: SharedStore): Promise<IngestReport> => {
    const open = async (start: number) => await place.open(blob, { signal, range: { start } });
    return await pullFrom({ name: place.name, isSharedStore: true, open }, blob, options);
  };
  return await shared.take(blob, take, signal);
}

/** Whoever has a free place comes first; whoever is known not to answer comes last. */
function mostReadyFirst(repositories: readonly Reference[], registry: RegistryClient): readonly Reference[] {
  if (repositories.length === 1) return repositories;
  const order = ['idle', 'busy', 'down'];
  const ranked = repositories.map((repository) => ({
    repository,
    rank: order.indexOf(registry.readiness(repository)),
  }));
  return ranked.toSorted((left, right) => left.rank - right.rank).map(({ repository }) => repository);
}

/** @throws the error itself when it is no fault of the blob's registry */
function failureOf(error: unknown): PaletteEdgeError {
  if (!(error instanceof PaletteEdgeError) || error.kind === 'disk') throw error;
  return error;
}

/** Where a blob is pulled from. */
interface BlobSource {
  /** As it is shown. */
  readonly name: string;
  readonly isBundle?: boolean;
  readonly isSharedStore?: boolean;
  readonly open: (start: number) => Promise<AsyncIterable<Uint8Array>>;
}

async function pullFrom(source: BlobSource, blob: Descriptor, options: PullOptions): Promise<IngestReport> {
  const { store, signal, listener } = options;
  const open = async (start: number): Promise<AsyncIterable<Uint8Array>> => {
    listener({ kind: 'blob-started', blob, repository: source.name });
    return await source.open(start);
  };
  const onBytes = (count: number): void => {
    if (source.isSharedStore === true) options.shared?.took(count);
    const origin = { isFromBundle: source.isBundle, isFromSharedStore: source.isSharedStore };
    listener({ kind: 'blob-bytes', digest: blob.digest, count, ...origin });
  };
  try {
    return await store.ingestFrom(blob, open, { signal, onBytes });
  } catch (error) {
    // Wrong bytes are never stored; one more try from zero tells a broken transfer from a broken registry.
    if (!(error instanceof PaletteEdgeError) || error.kind !== 'content') throw error;
    return await store.ingestFrom(blob, open, { signal, onBytes });
  } finally {
    listener({ kind: 'blob-finished', digest: blob.digest });
  }
}
