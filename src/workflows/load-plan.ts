import { imageOfPlatform, readHeldImage } from '../bundle/image-content.ts';
import { imageNames } from '../bundle/image-names.ts';
import type { ImageName } from '../bundle/image-names.ts';
import { isChart } from '../bundle/inventory.ts';
import type { BundledImage } from '../bundle/inventory.ts';
import { PaletteEdgeError } from '../errors.ts';
import type { Descriptor, Platform } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { fittingPlatform } from '../oci/fitting-platform.ts';
import type { GraphImage } from '../oci/image-graph.ts';
import { isCompanion } from '../oci/origin.ts';
import { formatPlatform } from '../oci/platform.ts';
import { formatRepository, parseReference } from '../oci/reference.ts';
import type { Warning } from '../warning.ts';
import type { ImageFailure } from './image-failure.ts';
import type { LoadRequest } from './load-input.ts';
import { selectImages } from './select-images.ts';
import type { BundleSource } from './with-bundle-source.ts';

/** An image that is going to be loaded. */
export interface ImageToLoad {
  readonly image: BundledImage;
  /** All that stand for it, at least one. */
  readonly names: readonly ImageName[];
  /** What the names stand for: an image index or a manifest. */
  readonly root: Descriptor;
  /** Of each platform that is loaded. */
  readonly images: readonly GraphImage[];
  /** Each once: image indexes, and all of the images. */
  readonly blobs: readonly Descriptor[];
}

/** What is going to be loaded, and what is not. */
export interface LoadPlan {
  readonly images: readonly ImageToLoad[];
  readonly failures: readonly ImageFailure[];
  /** References of charts, signatures and other artifacts: no runtime can do anything with them. */
  readonly skipped: readonly string[];
  readonly warnings: readonly Warning[];
}

/**
 * Plans what to load. A runtime gets the image of its own platform, under an image index with its digest; a folder gets all that the
 * bundle has: who reads it later is not known.
 *
 * @throws PaletteEdgeError `NO_SUCH_IMAGE` (kind notFound), `NOTHING_TO_LOAD` (kind notFound), or of kind content for what is damaged
 */
export async function planLoad(
  source: BundleSource,
  request: LoadRequest,
  signal: AbortSignal,
): Promise<LoadPlan> {
  const all = source.inventory.images;
  const { images: selected, warnings } = selectImages([all], request.patterns);
  const chosen = selected.flat();
  const names = Map.groupBy(imageNames(all), ({ image }) => image.reference);
  const images: ImageToLoad[] = [];
  const failures: ImageFailure[] = [];
  const skipped: string[] = [];
  for (const image of chosen) {
    const planned =
      isChart(image) || isCompanion(image) ? undefined : await planImage(source, { image, request }, signal);
    if (planned === undefined) skipped.push(image.reference);
    else if (planned instanceof PaletteEdgeError) {
      failures.push({ name: image.reference, origins: image.origins, error: planned });
    } else images.push({ ...planned, image, names: namesFor(planned.root, image, names) });
  }
  if (images.length + failures.length === 0) throw nothingToLoad(source.path, skipped);
  return { images, failures, skipped, warnings: [...warnings, ...sparseWarnings(images, request)] };
}

/** What some images consist of. */
export function digestsOf(images: readonly ImageToLoad[]): readonly Digest[] {
  return images.flatMap(({ blobs }) => blobs.map(({ digest }) => digest));
}

interface ImageAsked {
  readonly image: BundledImage;
  readonly request: LoadRequest;
}

type PlannedContent = Pick<ImageToLoad, 'root' | 'images' | 'blobs'>;

/** @returns undefined for what is no image, and why not when it has no such platform */
async function planImage(
  source: BundleSource,
  { image, request }: ImageAsked,
  signal: AbortSignal,
): Promise<PlannedContent | PaletteEdgeError | undefined> {
  const wanted = image.platforms.length > 0 ? wantedPlatform(request) : undefined;
  const fitting = wanted && fittingPlatform(formatPlatform(wanted), image.platforms);
  if (wanted !== undefined && fitting === undefined) return platformMissing(image, request);
  const platforms = fitting === undefined ? image.platforms : [fitting];
  const held = await readHeldImage(source, { ...image, platforms }, signal);
  const { graph } = held;
  if (graph.images.length === 0) return undefined;
  if (isOfOnePlatform(request)) {
    const only = imageOfPlatform(held, wanted);
    return contentOf(only.manifest, [only], []);
  }
  const indexes = graph.blobs.filter(({ role }) => role === 'index').map(({ descriptor }) => descriptor);
  return contentOf(graph.root, graph.images, indexes);
}

/** Undefined for all that there are. */
function wantedPlatform({ platform, hostPlatform, target }: LoadRequest): Platform | undefined {
  return platform ?? (target.kind === 'runtime' ? hostPlatform : undefined);
}

/** Whether names are to stand for the manifest of a platform. */
function isOfOnePlatform({ platform, target }: LoadRequest): boolean {
  return platform !== undefined || (target.kind === 'runtime' && target.runtime.needsDockerArchive);
}

function contentOf(
  root: Descriptor,
  images: readonly GraphImage[],
  indexes: readonly Descriptor[],
): PlannedContent {
  const blobs = [
    ...indexes,
    ...images.flatMap(({ manifest, config, layers }) => [manifest, config, ...layers]),
  ];
  const unique = new Map<Digest, Descriptor>(blobs.map((blob) => [blob.digest, blob]));
  return { root, images, blobs: [...unique.values()] };
}

/**
 * What the root is called. A name with a digest stands for nothing else: for the manifest of a platform it gets that one's digest. An
 * image whose tag stands for another one is named so, too.
 */
function namesFor(
  root: Descriptor,
  image: BundledImage,
  all: ReadonlyMap<string, readonly ImageName[]>,
): readonly ImageName[] {
  const repository = formatRepository(parseReference(image.reference));
  const names = all.get(image.reference) ?? [];
  const byDigest = { name: `${repository}@${root.digest}`, isTag: false, image };
  const tags = names.filter(({ isTag }) => isTag);
  return tags.length === names.length && tags.length > 0 ? tags : [...tags, byDigest];
}

/** k3s takes them since 1.30.2; before, a file with one of them was refused as a whole. */
function sparseWarnings(images: readonly ImageToLoad[], { platform, target }: LoadRequest): Warning[] {
  if (target.kind !== 'folder' || platform !== undefined) return [];
  const sparse = images.filter(({ image }) => image.omittedPlatforms.length > 0);
  const [first] = sparse;
  if (first === undefined) return [];
  const more = sparse.length > 1 ? ` and ${sparse.length - 1} more` : '';
  const kept = first.image.platforms[0] ?? 'linux/amd64';
  return [
    {
      code: 'SPARSE_INDEX',
      message: `${first.image.reference}${more}: the image index names platforms that are not in the bundle. k3s and rke2 of before June 2024 import nothing of such a file; for them add --platform ${kept}`,
    },
  ];
}

function platformMissing(
  { reference, platforms }: BundledImage,
  { platform, hostPlatform }: LoadRequest,
): PaletteEdgeError {
  const wanted =
    platform === undefined ? `${formatPlatform(hostPlatform)} (this machine)` : formatPlatform(platform);
  return new PaletteEdgeError(
    'PLATFORM_MISSING',
    `${reference} has no ${wanted} in the bundle, which has: ${platforms.join(', ')}`,
    {
      kind: 'notFound',
      suggestions: [`To load another platform all the same: --platform ${platforms[0] ?? 'linux/amd64'}`],
    },
  );
}

function nothingToLoad(path: string, skipped: readonly string[]): PaletteEdgeError {
  const what = skipped.length === 0 ? 'it has no images' : 'what was asked for are charts and artifacts';
  return new PaletteEdgeError('NOTHING_TO_LOAD', `there is nothing to load from ${path}: ${what}`, {
    kind: 'notFound',
    suggestions: [`See what is in it: palette-edge inspect ${path}`],
  });
}
