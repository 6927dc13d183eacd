import { access } from 'node:fs/promises';

import { PaletteEdgeError } from '../errors.ts';
import type { Digest } from '../oci/digest.ts';
import { formatPlatform } from '../oci/platform.ts';
import type { Warning } from '../warning.ts';
import { failedLoad } from './load-failure.ts';
import { reportFailure } from './image-failure.ts';
import type { ImageFailure, ImageFailureReport } from './image-failure.ts';
import type { LoadRequest, LoadResources, LoadTarget } from './load-input.ts';
import { loadIntoFolder, planIntoFolder } from './load-into-folder.ts';
import { loadIntoRuntime, planIntoRuntime } from './load-into-runtime.ts';
import type { ImageContent } from './load-archive.ts';
import { digestsOf, planLoad } from './load-plan.ts';
import type { ImageToLoad } from './load-plan.ts';
import { selectImages } from './select-images.ts';
import { uncompressedImages } from './uncompressed-images.ts';
import type { UncompressedImages } from './uncompressed-images.ts';
import { withBundleSource } from './with-bundle-source.ts';
import type { BundleInput, BundleSource } from './with-bundle-source.ts';

/** An image that is there now, or would be. */
interface LoadedImage {
  readonly reference: string;
  readonly names: readonly string[];
  /** Of what the names stand for. */
  readonly digest: Digest;
  /** Those that are there. */
  readonly platforms: readonly string[];
  /** Whether it was there before. */
  readonly isPresent: boolean;
  /** Whether its layers are not compressed, so that its manifests have other digests than in the bundle; its id is the same. */
  readonly isUncompressed: boolean;
}

/** What was loaded; after a dry run, what would be. */
export interface LoadResult {
  readonly bundle: { readonly path: string; readonly id: string; readonly name: string };
  /** Whether nothing was loaded: what is told of images and bytes is what would be. */
  readonly isDryRun: boolean;
  /** For people: `containerd, namespace k8s.io`; a folder by its path. */
  readonly into: string;
  /** The archive in a folder; undefined for a runtime. */
  readonly file?: string;
  readonly images: readonly LoadedImage[];
  readonly failures: readonly ImageFailureReport[];
  /** References of charts, signatures and other artifacts, which are not loaded. */
  readonly skipped: readonly string[];
  readonly warnings: readonly Warning[];
  /** Of blobs, in bytes. */
  readonly bytes: number;
  readonly seconds: number;
}

/**
 * Loads images of a bundle into a container runtime, or a folder from where one imports them, straight from the bundle. An image that
 * fails does not stop the others.
 *
 * @throws PaletteEdgeError for a bundle that cannot be opened, `LOAD_FAILED` when no image is there, and what planning and loading
 *   throw; the signal's reason when aborted
 */
export async function loadBundle(
  bundle: BundleInput,
  request: LoadRequest,
  { signal, ...resources }: LoadResources & { readonly signal: AbortSignal },
): Promise<LoadResult> {
  const begin = resources.now();
  return await withBundleSource(bundle, async (source) => {
    // Of what is taken from elsewhere: all images that are not there are told at once.
    await source.require(signal, selectedRoots(source, request));
    const plan = await planLoad(source, request, signal);
    const isStream = bundle.stream !== undefined;
    const { target, isDryRun } = request;
    const loading = { target, isStream, resources, signal };
    const layered = await layeredImages(source, plan.images, { request, isStream, signal });
    const loaded = await (isDryRun ? foresee : load)(layered.source, layered.images, loading);
    const failures = [...plan.failures, ...loaded.failures];
    const failed = new Set(failures.map(({ name }) => name));
    const images = layered.images.filter(({ image }) => !failed.has(image.reference));
    if (images.length === 0) throw failedLoad(failures);
    return {
      bundle: { path: source.path, id: source.id, name: source.inventory.name },
      isDryRun,
      into: placeOf(target),
      ...(loaded.file === undefined ? {} : { file: loaded.file }),
      images: images.map((image) => ({
        ...loadedImage(image),
        isPresent: loaded.present.has(image),
        isUncompressed: layered.changed.has(image),
      })),
      failures: failures.map(reportFailure),
      skipped: plan.skipped,
      warnings: plan.warnings,
      bytes: loaded.bytes,
      seconds: (resources.now() - begin) / 1000,
    };
  });
}

interface Layering {
  readonly request: LoadRequest;
  readonly isStream: boolean;
  readonly signal: AbortSignal;
}

/** Images as they are in the bundle, or with layers that are not compressed; what is there as it is in the bundle stays so. */
async function layeredImages(
  source: BundleSource,
  images: readonly ImageToLoad[],
  { request: { isUncompressed, target }, isStream, signal }: Layering,
): Promise<UncompressedImages> {
  if (!isUncompressed) return { images, changed: new Set(), source };
  if (isStream) throw streamUncompressed();
  if (target.kind === 'folder') return await uncompressedImages(source, images, signal);
  const { missing } = await planIntoRuntime(images, { runtime: target.runtime, isStream, signal });
  const layered = await uncompressedImages(source, missing, signal);
  const taken = new Map(missing.map((image, index) => [image, layered.images[index]]));
  return { ...layered, images: images.map((image) => taken.get(image) ?? image) };
}

function streamUncompressed(): PaletteEdgeError {
  return new PaletteEdgeError(
    'FILE_NEEDED',
    '--uncompressed needs to find its way in the bundle, and - is read once',
    {
      kind: 'usage',
      suggestions: ['Name a file, its parts or an ISO image.'],
    },
  );
}

interface Loading {
  readonly target: LoadTarget;
  readonly isStream: boolean;
  readonly resources: LoadResources;
  readonly signal: AbortSignal;
}

interface Loaded {
  readonly present: ReadonlySet<ImageToLoad>;
  readonly failures: readonly ImageFailure[];
  readonly bytes: number;
  readonly file?: string;
}

/** What names of images stand for. */
function selectedRoots({ inventory }: BundleSource, { patterns }: LoadRequest): readonly Digest[] {
  return selectImages([inventory.images], patterns)
    .images.flat()
    .map(({ digest }) => digest);
}

async function load(
  source: ImageContent,
  images: readonly ImageToLoad[],
  { target, isStream, resources: { listener }, signal }: Loading,
): Promise<Loaded> {
  const nothing = { present: new Set<ImageToLoad>(), failures: [] };
  if (images.length === 0) return { ...nothing, bytes: 0 };
  if (target.kind === 'folder') {
    await source.require(signal, digestsOf(images));
    return {
      ...nothing,
      ...(await loadIntoFolder(source, images, { folder: target.path, listener, signal })),
    };
  }
  return await loadIntoRuntime(source, images, { runtime: target.runtime, listener, isStream, signal });
}

/** What {@link load} would do. */
async function foresee(
  source: ImageContent,
  images: readonly ImageToLoad[],
  { target, isStream, signal }: Loading,
): Promise<Loaded> {
  if (images.length === 0) return { present: new Set(), failures: [], bytes: 0 };
  if (target.kind === 'runtime') {
    const planned = await planIntoRuntime(images, { runtime: target.runtime, isStream, signal });
    await source.require(signal, digestsOf(planned.missing));
    return { present: planned.present, failures: [], bytes: planned.bytes };
  }
  await source.require(signal, digestsOf(images));
  const { file, bytes } = await planIntoFolder(source.inventory.name, images, target.path);
  const present = new Set((await isFileThere(file)) ? images : []);
  return { present, failures: [], file, bytes };
}

async function isFileThere(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

function placeOf(target: LoadTarget): string {
  return target.kind === 'folder' ? target.path : target.runtime.place;
}

function loadedImage({
  image,
  names,
  root,
  images,
}: ImageToLoad): Omit<LoadedImage, 'isPresent' | 'isUncompressed'> {
  const platforms = images.flatMap(({ platform }) =>
    platform === undefined ? [] : [formatPlatform(platform)],
  );
  return {
    reference: image.reference,
    names: names.map(({ name }) => name),
    digest: root.digest,
    platforms: [...new Set(platforms)].toSorted(),
  };
}
