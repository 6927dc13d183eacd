import type { RegistryClient } from '../registry/registry-client.ts';
import type { BlobStore } from '../store/blob-store.ts';
import type { SharedStores } from '../store-sharing/shared-stores.ts';
import type { Warning } from '../warning.ts';
import type { BuildCharts } from './build-charts.ts';
import type { BuildListener } from './build-event.ts';
import type { BuildInput, BuildResources } from './build-input.ts';
import { checkSigned } from './check-image-signatures.ts';
import type { ImageSignatures } from './check-image-signatures.ts';
import type { ExistingBundles } from './existing-bundles.ts';
import { failedImagesError } from './image-failure.ts';
import type { AskedCounts } from './image-failure.ts';
import { pinCompanions } from './pin-companions.ts';
import { pinImages } from './pin-images.ts';
import type { PinnedImages } from './pin-images.ts';
import type { ResolvedImages } from './resolve-images.ts';

/** What goes into a bundle: with companions, and without what is not signed as it has to be. */
export interface PinnedRequests extends PinnedImages {
  /** Undefined when nothing was asked of any image. */
  readonly signatures: ImageSignatures | undefined;
}

/** What pinning for a build works with. */
export interface PinParts extends Pick<BuildResources, 'listener'> {
  readonly input: BuildInput;
  readonly registry: RegistryClient;
  readonly store: BlobStore;
  readonly bundles: ExistingBundles;
  readonly shared?: SharedStores | undefined;
  readonly charts: BuildCharts;
  readonly signal: AbortSignal;
}

/**
 * Pins all images and charts of a build, checks who has signed them, and finds their companions. Tells the listener of it, and of warnings.
 *
 * @throws PaletteEdgeError `IMAGES_FAILED` unless what failed may be left out, and what is no failure of one image
 */
export async function pinRequests(requests: ResolvedImages, parts: PinParts): Promise<PinnedRequests> {
  const { input, listener, charts, signal } = parts;
  const { platforms, allowMissingPlatform } = input;
  const count = requests.images.length;
  if (count > 0) listener({ kind: 'pinning', done: 0, total: count });
  const onPinned = (done: number): void => listener({ kind: 'pinning', done, total: count });
  const options = { ...parts, platforms, allowMissingPlatform, signal, onPinned };
  const pinned = await pinImages(requests.images, options);
  tell(pinned.warnings, listener);
  const received = { bytes: pinned.received + charts.received };
  const pulled = await charts.among(pinned.images, { ...parts, received });
  const checked = await checkSigned(pulled, input.imageKeys, { ...parts, received });
  const { images, signatures } = checked;
  const failures = [...pinned.failures, ...charts.failures, ...checked.failures];
  const asked = askedCounts(requests);
  if (failures.length > 0 && (!input.skipMissing || images.length === 0))
    throw failedImagesError(failures, asked, input.hasNoSkip);
  if (images.length === 0 && asked.images + asked.charts > 0)
    throw failedImagesError([...failures, ...pinned.leftOut], asked, input.hasNoSkip);
  const all = { ...pinned, images, failures, signatures, received: received.bytes };
  return input.includeReferrers === true ? await withCompanions(all, parts) : all;
}

/** How many images and charts are asked for. */
export function askedCounts({ images, charts }: ResolvedImages): AskedCounts {
  return { images: images.length, charts: charts.length };
}

async function withCompanions(
  pinned: PinnedRequests,
  { listener, registry, store, bundles, shared, signal }: PinParts,
): Promise<PinnedRequests> {
  // Nothing is beside a chart that is not from a registry.
  const { here = [], elsewhere = [] } = Object.groupBy(pinned.images, ({ chart }) =>
    chart === undefined || chart.source.startsWith('oci://') ? 'here' : 'elsewhere',
  );
  listener({ kind: 'finding-companions', images: here.length });
  const received = { bytes: 0 };
  const { images, warnings } = await pinCompanions(here, {
    registry,
    store,
    bundles,
    shared,
    signal,
    received,
  });
  tell(warnings, listener);
  return {
    ...pinned,
    images: [...images, ...elsewhere],
    warnings: [...pinned.warnings, ...warnings],
    received: pinned.received + received.bytes,
  };
}

function tell(warnings: readonly Warning[], listener: BuildListener): void {
  for (const warning of warnings) listener({ kind: 'warning', warning });
}
