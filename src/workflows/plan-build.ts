import { PaletteEdgeError, wordDiskError } from '../errors.ts';
import type { BundlePlan } from '../bundle/plan-bundle.ts';
import { formatByteSize } from '../io/byte-size.ts';
import { freeSpace } from '../io/free-space.ts';
import type { FreeSpace } from '../io/free-space.ts';
import { isCompanion } from '../oci/origin.ts';
import type { RateLimit } from '../registry/host-rate-limit.ts';
import type { BlobStore } from '../store/blob-store.ts';
import type { SharedStores } from '../store-sharing/shared-stores.ts';
import { checkOutput } from './check-output.ts';
import { checkPartsOutput } from './check-parts-output.ts';
import type { ClusterDefinition } from './cluster-definition.ts';
import type { ExistingBundles } from './existing-bundles.ts';
import type { IsoRequest } from './iso-content.ts';
import { missingBytes } from './missing-bytes.ts';
import type { MissingBytes } from './missing-bytes.ts';
import type { PinnedImage } from './pin-images.ts';
import type { QueuedBlob } from './queue-blobs.ts';
import type { ExcludedImages } from './scope-images.ts';
import { planIso } from './plan-iso.ts';
import type { PlannedIso } from './plan-iso.ts';
import type { PlannedDelta } from './planned-delta.ts';
import type { SplitRequest } from './split-request.ts';

/** What a build will do: known before any layer moves. Sizes are in bytes. */
export interface BuildPlan {
  readonly bundle: { readonly name: string; readonly id: string; readonly path: string };
  /** Bytes of every part but the last; undefined for a bundle in one file. */
  readonly partSize?: number;
  /** Images that were asked for. */
  readonly images: number;
  /** Helm charts; undefined when there are none. */
  readonly charts?: number;
  /** Signatures, SBOMs and other referrers that are carried along; undefined when they were not looked for. */
  readonly companions?: number;
  /** Unique blobs, manifests and configs included. */
  readonly blobs: number;
  /** Bytes of all unique blobs. */
  readonly bytes: number;
  readonly bytesToPull: number;
  /** Bytes that the store has already, half-pulled blobs included. */
  readonly bytesInStore: number;
  /** Bytes that existing bundles have and the store does not; undefined when no bundle was named. */
  readonly bytesInBundles?: number;
  /** Bytes that shared stores have, and the store and existing bundles do not; undefined when no shared store was named. */
  readonly bytesInSharedStores?: number;
  /** Of a delta bundle: what its bases have, which is not among the blobs above. */
  readonly delta?: PlannedDelta;
  /** Raw files; undefined when there are none. */
  readonly files?: { readonly count: number; readonly bytes: number };
  /** Images and charts that were left out; undefined when nothing was to be. */
  readonly excluded?: readonly ExcludedCount[];
  /** Sorted by registry. A blob counts for the first registry that an image names it from. */
  readonly registries: readonly RegistryShare[];
  /** The bundle is not larger than this. */
  readonly expectedBundleSize: number;
  /** The image that is made of it; undefined when none was asked for. */
  readonly iso?: PlannedIso;
  readonly space: {
    readonly store: SpaceNeed;
    readonly output: SpaceNeed;
    /** Whether both are on one file system, and so share what is free. */
    readonly isShared: boolean;
  };
}

/** How many images and charts something leaves out. */
interface ExcludedCount {
  readonly by: string;
  readonly images: number;
  /** Undefined when there are none. */
  readonly charts?: number;
}

/** What one registry has to give. */
interface RegistryShare {
  readonly registry: string;
  readonly images: number;
  /** Undefined when there are none. */
  readonly charts?: number;
  readonly bytes: number;
  readonly bytesToPull: number;
  /** The registry's limit of pulls, when it told one with the manifests of this build. */
  readonly rateLimit?: RateLimit;
  /** Hosts of mirrors that are asked before it, for all of it or a part; undefined when there are none. */
  readonly mirrors?: readonly string[];
}

/** Space on a file system. */
interface SpaceNeed {
  readonly path: string;
  readonly free: number;
  readonly needed: number;
}

/** What a plan is made of. */
export interface BuildPlanInput {
  /** With their companions. */
  readonly images: readonly PinnedImage[];
  readonly includesReferrers?: boolean;
  readonly queue: readonly QueuedBlob[];
  readonly bundle: BundlePlan;
  readonly path: string;
  /** Undefined for one file. */
  readonly split?: SplitRequest;
  readonly image?: IsoRequest;
  readonly clusterDefinition?: ClusterDefinition;
  readonly existing?: ExistingBundles;
  readonly shared?: SharedStores | undefined;
  readonly delta?: PlannedDelta | undefined;
  readonly excluded?: readonly ExcludedImages[];
  /** Limits of pulls by registry, as far as they were told. */
  readonly rateLimits?: ReadonlyMap<string, RateLimit>;
  /** Hosts of mirrors by registry. */
  readonly mirrorsOf?: (registry: string) => readonly string[];
}

/**
 * Looks into the store and at the file systems; changes nothing.
 *
 * @throws PaletteEdgeError for an output that cannot be written, or that is there and is no bundle: told now, not after
 *   everything was pulled
 */
export async function planBuild(
  input: BuildPlanInput,
  store: BlobStore,
  signal: AbortSignal,
): Promise<BuildPlan> {
  const { images, queue, bundle, path, rateLimits, mirrorsOf } = input;
  const missing = await missingBytes(queue, { ...input, store }, signal);
  const requested = images.filter((image) => !isCompanion(image));
  const bytes = sum(queue, ({ blob }) => blob.size);
  const bytesToPull = totalOf(missing.inShared);
  const [storeSpace, outputSpace] = await Promise.all([storeFreeSpace(store), outputFreeSpace(input)]);
  const iso = await planIso(input);
  return {
    bundle: { name: bundle.inventory.name, id: bundle.id, path },
    partSize: input.split?.partSize,
    images: requested.filter(({ chart }) => chart === undefined).length,
    ...chartsOf(requested),
    companions: input.includesReferrers === true ? images.length - requested.length : undefined,
    blobs: queue.length,
    bytes,
    bytesToPull,
    bytesInStore: bytes - totalOf(missing.inStore),
    delta: input.delta,
    ...furtherParts(input, missing),
    registries: registryShares(requested, queue, missing.inShared).map((share) => ({
      ...share,
      rateLimit: rateLimits?.get(share.registry),
      mirrors: unlessEmpty(mirrorsOf?.(share.registry)),
    })),
    expectedBundleSize: bundle.expectedBundleSize,
    iso,
    space: {
      store: { path: store.folder, free: storeSpace.bytes, needed: totalOf(missing.inStore) },
      output: { path, free: outputSpace.bytes, needed: bundle.expectedBundleSize + (iso?.expectedSize ?? 0) },
      isShared: storeSpace.device === outputSpace.device,
    },
  };
}

function chartsOf(images: readonly PinnedImage[]): Pick<BuildPlan, 'charts'> {
  const charts = images.filter(({ chart }) => chart !== undefined).length;
  return { charts: charts === 0 ? undefined : charts };
}

/** What only some builds have. */
function furtherParts(
  { bundle, existing, shared, excluded = [] }: BuildPlanInput,
  missing: MissingBytes,
): Pick<BuildPlan, 'bytesInBundles' | 'bytesInSharedStores' | 'files' | 'excluded'> {
  const files = bundle.inventory.rawFiles ?? [];
  const counts = excluded.map(({ by, images, charts }) => ({
    by,
    images: images.length,
    charts: charts?.length,
  }));
  return {
    bytesInBundles: hasNone(existing) ? undefined : totalOf(missing.inStore) - totalOf(missing.inBundles),
    bytesInSharedStores: hasNone(shared) ? undefined : totalOf(missing.inBundles) - totalOf(missing.inShared),
    files: files.length === 0 ? undefined : { count: files.length, bytes: sum(files, ({ size }) => size) },
    excluded: unlessEmpty(counts),
  };
}

function hasNone(places: { readonly count: number } | undefined): boolean {
  return places === undefined || places.count === 0;
}

async function storeFreeSpace({ folder }: BlobStore): Promise<FreeSpace> {
  try {
    return await freeSpace(folder);
  } catch (error) {
    throw wordDiskError(error, `writing to the store ${folder}`);
  }
}

async function outputFreeSpace({ path, split, bundle }: BuildPlanInput): Promise<FreeSpace> {
  if (split === undefined) await checkOutput(path);
  else await checkPartsOutput({ path, split, expectedSize: bundle.expectedBundleSize });
  try {
    return await freeSpace(path);
  } catch (error) {
    throw wordDiskError(error, `writing the bundle to ${path}`);
  }
}

/** @returns the error `NOT_ENOUGH_SPACE` (kind disk) that says where how much is missing, or undefined when nothing is */
export function spaceProblem({ space, iso }: BuildPlan): PaletteEdgeError | undefined {
  const { store, output, isShared } = space;
  const isEnough = isShared
    ? store.needed + output.needed <= output.free
    : store.needed <= store.free && output.needed <= output.free;
  if (isEnough) return undefined;
  const what = iso === undefined ? 'the bundle' : 'the bundle with its ISO image';
  const places = [spaceText('the store', store), spaceText(what, output)].join('; ');
  const shared = isShared ? '; both are on the same disk' : '';
  return new PaletteEdgeError('NOT_ENOUGH_SPACE', `too little free space: ${places}${shared}`, {
    kind: 'disk',
    suggestions: ['Free some space, or choose other places with --store and --output.'],
    details: { space },
  });
}

function spaceText(what: string, { path, needed, free }: SpaceNeed): string {
  return `${what} (${path}) needs ${formatByteSize(needed)}, and ${formatByteSize(free)} are free`;
}

interface CountedShare {
  images: number;
  charts?: number;
  bytes: number;
  bytesToPull: number;
}

function registryShares(
  images: readonly PinnedImage[],
  queue: readonly QueuedBlob[],
  missing: readonly number[],
): RegistryShare[] {
  const shares = new Map<string, CountedShare>();
  const shareOf = (registry: string) => {
    const share: CountedShare = shares.get(registry) ?? { images: 0, bytes: 0, bytesToPull: 0 };
    shares.set(registry, share);
    return share;
  };
  for (const { reference, chart } of images) {
    const share = shareOf(reference.registry);
    if (chart === undefined) share.images += 1;
    else share.charts = (share.charts ?? 0) + 1;
  }
  for (const [index, { blob, repositories }] of queue.entries()) {
    const share = shareOf(repositories[0].registry);
    share.bytes += blob.size;
    share.bytesToPull += missing[index] ?? 0;
  }
  return [...shares]
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([registry, share]) => ({ registry, ...share }));
}

function unlessEmpty<T>(list: readonly T[] | undefined): readonly T[] | undefined {
  return list?.length === 0 ? undefined : list;
}

function totalOf(counts: readonly number[]): number {
  return sum(counts, (count) => count);
}

function sum<T>(items: readonly T[], size: (item: T) => number): number {
  return items.reduce((total, item) => total + size(item), 0);
}
