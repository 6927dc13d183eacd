import type { ImageToBundle } from '../bundle/plan-bundle.ts';
import { PaletteEdgeError } from '../errors.ts';
import { runLimited } from '../io/run-limited.ts';
import type { BlobReader, BlobWriter } from '../oci/blob-access.ts';
import type { Descriptor, Platform } from '../oci/descriptor.ts';
import { fittingPlatform } from '../oci/fitting-platform.ts';
import type { ImageGraph } from '../oci/image-graph.ts';
import type { Origin } from '../oci/origin.ts';
import { formatPlatform, parsePlatform } from '../oci/platform.ts';
import type { Reference } from '../oci/reference.ts';
import type { RegistryClient } from '../registry/registry-client.ts';
import type { SharedStores } from '../store-sharing/shared-stores.ts';
import type { Warning } from '../warning.ts';
import type { ExistingBundles } from './existing-bundles.ts';
import type { FetchContext } from './fetch-small.ts';
import { toImageFailure } from './image-failure.ts';
import type { ImageFailure } from './image-failure.ts';
import type { ImageToPin } from './image-to-pin.ts';
import { rootOf } from './root-of.ts';
import { walkFromRoot } from './walk-from-root.ts';

/** A reference with its digest and everything below it: what will be pulled is fixed from here on. */
export interface PinnedImage {
  readonly reference: Reference;
  readonly name: string;
  readonly origins: readonly Origin[];
  readonly graph: ImageGraph;
  /** Of a Helm chart. */
  readonly chart?: ImageToBundle['chart'];
}

/** What pinning gave: what was pinned, in the order asked for, and what could not be. */
export interface PinnedImages {
  readonly images: readonly PinnedImage[];
  readonly failures: readonly ImageFailure[];
  /** Images of which no platform was kept, and which `allowMissingPlatform` lets go. */
  readonly leftOut: readonly ImageFailure[];
  readonly warnings: readonly Warning[];
  /** Bytes of manifests and configs that came from registries. */
  readonly received: number;
}

/** Where manifests come from, and which platforms are kept. */
export interface PinOptions {
  readonly registry: RegistryClient;
  readonly store: BlobReader & BlobWriter;
  /** What is in them is not asked of registries. */
  readonly bundles?: ExistingBundles | undefined;
  readonly shared?: SharedStores | undefined;
  /** Platforms to keep; undefined keeps every platform. */
  readonly platforms: readonly Platform[] | undefined;
  readonly allowMissingPlatform: boolean;
  readonly signal: AbortSignal;
  readonly onPinned: (done: number) => void;
}

/** The registry client bounds requests to each host; this bounds what waits in memory. */
const imagesAtOnce = 32;

/**
 * Pins every reference to its digest and reads all manifests below it, in parallel; their raw bytes go into the store.
 * An image that fails does not stop the others.
 *
 * @throws what is no failure of one image: a full disk, an interruption, a bug
 */
export async function pinImages(requests: readonly ImageToPin[], options: PinOptions): Promise<PinnedImages> {
  const failures: ImageFailure[] = [];
  const received = { bytes: 0 };
  const warnings: Warning[] = [];
  let done = 0;
  const { signal } = options;
  const pinned = await runLimited(
    requests,
    { concurrency: imagesAtOnce, signal },
    async (request, innerSignal) => {
      try {
        return await pinImage(request, { ...options, signal: innerSignal, received, warnings });
      } catch (error) {
        failures.push(toImageFailure(request, error));
        return undefined;
      } finally {
        done += 1;
        options.onPinned(done);
      }
    },
  );
  const images = pinned.filter((image) => image !== undefined);
  return {
    images: images.filter(isWorthKeeping),
    failures: failures.toSorted((left, right) => (left.name < right.name ? -1 : 1)),
    leftOut: images
      .filter((image) => !isWorthKeeping(image))
      .map(({ name, origins, graph }) => ({ name, origins, error: platformMissing(name, graph) })),
    warnings: [
      ...warnings.toSorted((left, right) => (left.message < right.message ? -1 : 1)),
      ...images.flatMap(missingPlatformWarning),
    ],
    received: received.bytes,
  };
}

type PinContext = PinOptions & FetchContext & { readonly warnings: Warning[] };

async function pinImage(request: ImageToPin, context: PinContext): Promise<PinnedImage> {
  const { reference, name, origins } = request;
  const root = await rootOf(request, {
    ...context,
    onWarning: (warning) => context.warnings.push(warning),
  });
  const graph = await walkFitting(root, request, context);
  if (graph.missingPlatforms.length > 0 && !context.allowMissingPlatform) throw platformMissing(name, graph);
  return { reference, name, origins, graph };
}

/** With the platforms that runtimes take for those that were asked for. */
async function walkFitting(root: Descriptor, request: ImageToPin, context: PinContext): Promise<ImageGraph> {
  const graph = await walkFromRoot(root, request, context);
  const has = [...graph.platforms, ...graph.omittedPlatforms];
  const isWorse = graph.missingPlatforms.some((missing) => fittingPlatform(missing, has) !== undefined);
  if (!isWorse) return graph;
  const platforms = context.platforms?.map((wanted) => {
    const fitting = fittingPlatform(formatPlatform(wanted), has);
    return fitting === undefined ? wanted : parsePlatform(fitting);
  });
  return await walkFromRoot(graph.root, request, { ...context, platforms });
}

function platformMissing(name: string, graph: ImageGraph): PaletteEdgeError {
  return new PaletteEdgeError('PLATFORM_MISSING', describeMissing(name, graph), {
    kind: 'notFound',
    suggestions: ['To bundle what there is, add --allow-missing-platform.'],
  });
}

function missingPlatformWarning({ name, graph }: PinnedImage): Warning[] {
  if (graph.missingPlatforms.length === 0) return [];
  const consequence = isWorthKeeping({ graph }) ? '' : '; it is left out of the bundle';
  return [{ code: 'PLATFORM_MISSING', message: `${describeMissing(name, graph)}${consequence}` }];
}

function describeMissing(name: string, graph: ImageGraph): string {
  const has = [...graph.platforms, ...graph.omittedPlatforms].toSorted().join(', ');
  return `${name} has no ${graph.missingPlatforms.join(' and no ')}; it has ${has}`;
}

/** An index of which no platform was kept names nothing that could run: it is left out, with a warning. */
function isWorthKeeping({ graph }: Pick<PinnedImage, 'graph'>): boolean {
  return graph.missingPlatforms.length === 0 || graph.images.length > 0;
}
