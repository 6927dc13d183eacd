import { planBundle } from '../bundle/plan-bundle.ts';
import type { BundlePlan } from '../bundle/plan-bundle.ts';
import { PaletteEdgeError } from '../errors.ts';
import type { ChartRepositories } from '../chart/chart-repositories.ts';
import type { RegistryClient } from '../registry/registry-client.ts';
import type { RetryEvent } from '../registry/registry-transport.ts';
import type { BlobStore } from '../store/blob-store.ts';
import type { SharedStores } from '../store-sharing/shared-stores.ts';
import type { Warning } from '../warning.ts';
import type { BuildListener } from './build-event.ts';
import { BuildCharts } from './build-charts.ts';
import type { BuildInput, BuildResources } from './build-input.ts';
import { readBundleFiles } from './bundle-files.ts';
import type { BundleFiles } from './bundle-files.ts';
import { buildOutputPath } from './build-output-path.ts';
import { bundleNameOf, defaultBundleName } from './bundle-name.ts';
import {
  checkClusterDefinition,
  clusterDefinitionEntries,
  downloadClusterDefinition,
} from './cluster-definition.ts';
import type { ClusterDefinition } from './cluster-definition.ts';
import type { ImageSignatures } from './check-image-signatures.ts';
import { notInBases, plannedDelta } from './planned-delta.ts';
import type { DeltaBase } from './delta-bases.ts';
import { withEncryptedSize } from './encrypt-size.ts';
import type { ExistingBundles } from './existing-bundles.ts';
import type { PaletteAccess } from './fetch-profiles.ts';
import type { AskedCounts, ImageFailure } from './image-failure.ts';
import type { PinnedImage } from './pin-images.ts';
import { askedCounts, pinRequests } from './pin-requests.ts';
import type { PinParts } from './pin-requests.ts';
import { planBuild } from './plan-build.ts';
import { pullLimitWarnings } from './pull-limit-warnings.ts';
import type { BuildPlan, BuildPlanInput } from './plan-build.ts';
import { profileOutlines } from './profile-outlines.ts';
import { queueBlobs } from './queue-blobs.ts';
import type { QueuedBlob } from './queue-blobs.ts';
import { renameImages } from './rename-images.ts';
import { asksPalette, resolveImages } from './resolve-images.ts';
import type { ResolvedImages } from './resolve-images.ts';
import type { ScopedRequests } from './scope-images.ts';
import { signInventory } from './sign-inventory.ts';
import { once } from '../io/once.ts';

/** A build of which everything is known but the bytes of the layers. */
export interface PreparedBuild {
  readonly registry: RegistryClient;
  readonly store: BlobStore;
  /** Undefined when none was asked for. */
  readonly clusterDefinition: ClusterDefinition | undefined;
  readonly files: BundleFiles;
  readonly requested: AskedCounts;
  /** With their companions. */
  readonly images: readonly PinnedImage[];
  /** Images that are not in the bundle: those that could not be pinned, with `skipMissing`, and those left out. */
  readonly failures: readonly ImageFailure[];
  readonly warnings: readonly Warning[];
  readonly queue: readonly QueuedBlob[];
  readonly plan: BuildPlan;
  readonly bundlePlan: BundlePlan;
  /** Plans the bundle with some of the images only. */
  readonly planBundleOf: (images: readonly PinnedImage[]) => BundlePlan;
  /** Undefined when nothing was asked of any image. */
  readonly signatures: ImageSignatures | undefined;
  /** Bytes of manifests and configs that came from registries. */
  readonly received: number;
  /** Retries so far. */
  readonly retries: () => number;
}

/** What a build works with, once the bundles that it may take from are open. */
export interface BuildParts extends BuildResources {
  readonly bundles: ExistingBundles;
  /** What other builders have; undefined for none. */
  readonly shared?: SharedStores | undefined;
  /** What a delta bundle is made against; undefined for a bundle that has everything. */
  readonly bases?: readonly DeltaBase[] | undefined;
}

/**
 * The first half of a build: resolve, pin, plan. Only manifests and configs are pulled; nothing is written but into the
 * store. Tells the listener of warnings, of pinning, and of the plan.
 *
 * @throws PaletteEdgeError `NO_IMAGES`, `IMAGES_FAILED`, and those of the stages
 */
export async function prepareBuild(
  input: BuildInput,
  resources: BuildParts,
  signal: AbortSignal,
): Promise<PreparedBuild> {
  const { listener, bundles, shared } = resources;
  const { registry, openStore, charts, retries } = openSources(resources, signal);
  const { requests, clusterDefinition, files } = await resolve(input, { ...resources, charts }, signal);
  const store = await openStore();
  const parts = { input, clusterDefinition, listener, registry, store, bundles, shared, charts, signal };
  const { images, failures, leftOut, warnings, signatures, received } = await pinRequests(requests, parts);
  const planBundleOf = bundlePlanner(input, resources, { requests, clusterDefinition, files });
  const bundlePlan = planBundleOf(images);
  const whole = queueBlobs(images);
  const queue = notInBases(whole, resources.bases);
  const { plan, limitWarnings } = await planAndTell(
    {
      images,
      includesReferrers: input.includeReferrers,
      queue,
      bundle: withEncryptedSize(bundlePlan, input.encryption),
      path: buildOutputPath(input, bundlePlan),
      split: input.split,
      image: input.image,
      clusterDefinition,
      existing: bundles,
      shared,
      delta: plannedDelta(whole, queue, resources.bases),
      excluded: requests.excluded,
    },
    parts,
  );
  return {
    registry,
    store,
    clusterDefinition,
    files,
    requested: askedCounts(requests),
    images,
    failures: [...failures, ...leftOut],
    warnings: [...requests.warnings, ...warnings, ...limitWarnings],
    queue,
    plan,
    bundlePlan,
    planBundleOf,
    signatures,
    received,
    retries,
  };
}

/** Where everything comes from. The store is opened when the first thing is put into it. */
function openSources(resources: BuildParts, signal: AbortSignal) {
  const { listener, bundles, shared } = resources;
  let count = 0;
  const onRetry = (retry: RetryEvent): void => {
    count += 1;
    listener({ kind: 'retry', retry });
  };
  const registry = resources.createRegistryClient(onRetry);
  const openStore = once(resources.openStore);
  const createRepositories = () => chartRepositories(resources, onRetry);
  const places = { registry, bundles, shared, openStore };
  const charts = new BuildCharts({ ...places, listener, signal, createRepositories });
  return { registry, openStore, charts, retries: () => count };
}

function chartRepositories(
  { createChartRepositories }: BuildResources,
  onRetry: (retry: RetryEvent) => void,
): ChartRepositories {
  if (createChartRepositories === undefined)
    throw new TypeError('there are charts, and nobody to fetch them');
  return createChartRepositories(onRetry);
}

interface ResolvedInput extends Pick<PreparedBuild, 'clusterDefinition' | 'files'> {
  readonly requests: ResolvedImages;
}

function bundlePlanner(
  { outfile, sources, privateKey }: BuildInput,
  { tool }: BuildResources,
  { requests, clusterDefinition, files }: ResolvedInput,
): PreparedBuild['planBundleOf'] {
  const { profiles } = requests;
  return (kept) =>
    planBundle({
      name: outfile === undefined ? defaultBundleName(profiles) : bundleNameOf(outfile),
      tool,
      images: renameImages(kept, sources.scope?.mappings ?? []),
      profiles,
      extras: [...profileOutlines(profiles), ...clusterDefinitionEntries(clusterDefinition)],
      rawFiles: files.files,
      sign: privateKey === undefined ? undefined : (bytes) => signInventory(bytes, privateKey),
    });
}

/** Whatever is wrong with what was given is told before anything is pulled. */
async function resolve(
  input: BuildInput,
  resources: BuildResources & { readonly charts: BuildCharts },
  signal: AbortSignal,
): Promise<ResolvedInput> {
  const access = paletteAccess(input, resources, signal);
  const requests = await resolveImages(input.sources, access, resources.charts);
  tell(requests.warnings, resources.listener);
  const { clusterDefinition, files = [] } = input;
  const count = requests.images.length + requests.charts.length + files.length;
  if (count === 0) throw noImages(emptyReason(requests));
  const isWanted = clusterDefinition !== undefined && access !== undefined;
  return {
    requests,
    clusterDefinition: isWanted ? await downloadClusterDefinition(clusterDefinition, access) : undefined,
    files: await readBundleFiles(files, { hasher: resources.hasher, signal }),
  };
}

function paletteAccess(
  { sources, clusterDefinition }: BuildInput,
  { createPaletteClient }: BuildResources,
  signal: AbortSignal,
): PaletteAccess | undefined {
  if (!asksPalette(sources) && clusterDefinition === undefined) return undefined;
  if (createPaletteClient === undefined) throw new TypeError('Palette is to be asked, and nobody to ask it');
  return { client: createPaletteClient(), signal };
}

type PlanParts = Omit<PinParts, 'input'> & Pick<PreparedBuild, 'store' | 'clusterDefinition'>;

async function planAndTell(
  input: BuildPlanInput,
  { clusterDefinition, registry, store, listener, signal }: PlanParts,
): Promise<{ plan: BuildPlan; limitWarnings: Warning[] }> {
  await checkClusterDefinition(clusterDefinition, input.path);
  const mirrorsOf = (name: string): readonly string[] => registry.mirrorsOf(name);
  const hosts = { rateLimits: registry.rateLimits(), mirrorsOf };
  const plan = await planBuild({ ...input, ...hosts }, store, signal);
  listener({ kind: 'planned', plan });
  const limitWarnings = pullLimitWarnings(plan);
  tell(limitWarnings, listener);
  return { plan, limitWarnings };
}

function tell(warnings: readonly Warning[], listener: BuildListener): void {
  for (const warning of warnings) listener({ kind: 'warning', warning });
}

function emptyReason({ excluded }: ScopedRequests): string {
  if (excluded.some(({ charts = [] }) => charts.length > 0)) return 'every image and chart is left out';
  const isAllExcluded = excluded.some(({ images }) => images.length > 0);
  return isAllExcluded ? 'every image is left out' : 'nothing that was given names an image';
}

function noImages(reason: string): PaletteEdgeError {
  return new PaletteEdgeError('NO_IMAGES', `there is nothing to bundle: ${reason}`, {
    kind: 'usage',
    suggestions: ['Name images with --profile, --image, --images-file or --manifest.'],
  });
}
