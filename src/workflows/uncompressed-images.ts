import type { ArchiveBlob } from '../bundle/archive-writer.ts';
import { isGzipLayerType, rewriteImages, uncompressedType } from '../bundle/rewrite-images.ts';
import type { RewrittenManifest } from '../bundle/rewrite-images.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { readWholeBlob } from '../oci/read-whole-blob.ts';
import type { ImageContent } from './load-archive.ts';
import type { ImageToLoad } from './load-plan.ts';
import type { BundleSource, PlainLayers } from './with-bundle-source.ts';

/** Images with the tars of a squeezed bundle as layers, and where their blobs are read from. */
export interface UncompressedImages {
  /** Images that a digest names, or of which nothing is squeezed, are as they were. */
  readonly images: readonly ImageToLoad[];
  /** Those of them that are not as they were. */
  readonly changed: ReadonlySet<ImageToLoad>;
  readonly source: ImageContent;
}

/** What images are changed with. */
interface Changes {
  readonly plains: PlainLayers;
  readonly rewritten: ReadonlyMap<Digest, RewrittenManifest>;
}

/**
 * Has images take the tars of a squeezed bundle as layers, so that nothing is compressed again. Configs, and with them the ids of images, stay; digests of
 * manifests do not: what a name with a digest stands for stays as it was.
 */
export async function uncompressedImages(
  source: BundleSource,
  all: readonly ImageToLoad[],
  signal: AbortSignal,
): Promise<UncompressedImages> {
  const { plains } = source;
  const named = all.filter(({ names }) => names.every(({ isTag }) => isTag));
  if (plains === undefined || named.length === 0) return { images: all, changed: new Set(), source };
  const rewritten = await rewriteImages(
    named.map(({ root }) => root),
    {
      // A sparse index names manifests that are not there.
      fetch: async (manifest) =>
        (await source.sizeOf(manifest.digest)) === undefined
          ? undefined
          : await readWholeBlob(source, manifest, signal),
      plainOf: plains.identityOf,
    },
  );
  const changes = { plains, rewritten };
  const changed = new Map<ImageToLoad, ImageToLoad>();
  for (const image of named) if (rewritten.has(image.root.digest)) changed.set(image, change(image, changes));
  return {
    images: all.map((image) => changed.get(image) ?? image),
    changed: new Set(changed.values()),
    source: sourceOf(source, [...changed.keys()], changes),
  };
}

function change(image: ImageToLoad, changes: Changes): ImageToLoad {
  const changedBlob = (blob: Descriptor): Descriptor => changedDescriptor(blob, changes);
  const blobs = image.blobs.map(changedBlob);
  return {
    ...image,
    root: changedBlob(image.root),
    images: image.images.map((each) => ({
      ...each,
      manifest: changedBlob(each.manifest),
      layers: each.layers.map(changedBlob),
    })),
    blobs: [...new Map(blobs.map((blob) => [blob.digest, blob])).values()],
  };
}

function changedDescriptor(blob: Descriptor, { plains, rewritten }: Changes): Descriptor {
  const manifest = rewritten.get(blob.digest);
  if (manifest !== undefined) return { ...blob, ...manifest.descriptor };
  const tar = isGzipLayerType(blob.mediaType) ? plains.identityOf(blob.digest) : undefined;
  return tar === undefined ? blob : { ...blob, ...tar, mediaType: uncompressedType(blob.mediaType) };
}

/** The source with rewritten manifests, and tars in the place of layers. */
function sourceOf(
  source: BundleSource,
  originals: readonly ImageToLoad[],
  { plains, rewritten }: Changes,
): ImageContent {
  const made = new Map([...rewritten.values()].map(({ descriptor, bytes }) => [descriptor.digest, bytes]));
  const layers = new Map<Digest, Digest>();
  for (const { images } of originals) {
    for (const { digest } of images.flatMap((image) => image.layers)) {
      const tar = plains.identityOf(digest);
      if (tar !== undefined) layers.set(tar.digest, digest);
    }
  }
  const held = new Set(source.inventory.blobs.map(({ digest }) => digest));
  // Of several layers with one tar any will do, and a tar may be a layer of another image itself.
  const layerOf = (digest: Digest): Digest | undefined => (held.has(digest) ? undefined : layers.get(digest));
  return {
    inventory: source.inventory,
    blobs: (isWanted, signal) => blobs(isWanted, signal),
    require: async (signal, wanted) => {
      const needed = [...(wanted ?? held)].map((digest) => layerOf(digest) ?? digest);
      await source.require(
        signal,
        needed.filter((digest) => !made.has(digest)),
      );
    },
  };

  async function* blobs(
    isWanted: (digest: Digest) => boolean,
    signal: AbortSignal,
  ): AsyncGenerator<ArchiveBlob, void, undefined> {
    for (const [digest, bytes] of made)
      if (isWanted(digest)) yield { blob: { digest, size: bytes.length }, content: once(bytes) };
    yield* source.blobs(isWanted, signal);
    const ofTars = new Set<Digest>();
    for (const tar of layers.keys()) {
      const layer = isWanted(tar) ? layerOf(tar) : undefined;
      if (layer !== undefined) ofTars.add(layer);
    }
    yield* plains.tars((layer) => ofTars.has(layer), signal);
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield await Promise.resolve(bytes);
}
