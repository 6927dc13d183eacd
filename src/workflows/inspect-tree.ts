import { bareGraph } from '../bundle/bare-graph.ts';
import { countGraphBlobs, mostGraphBlobs, mostManifestBytes } from '../bundle/graph-limits.ts';
import { readHeldImage } from '../bundle/image-content.ts';
import type { HeldImage } from '../bundle/image-content.ts';
import { PaletteEdgeError } from '../errors.ts';
import { totalSize } from '../io/total-size.ts';
import type { BlobReader } from '../oci/blob-access.ts';
import type { BlobIdentity, Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import type { GraphImage } from '../oci/image-graph.ts';
import { formatPlatform } from '../oci/platform.ts';
import type { BundleSource } from './with-bundle-source.ts';

/** What an image of a bundle consists of, and what it has alone. */
export interface ImageTree extends BlobIdentity {
  readonly reference: string;
  /** The image before this one with the same digest: platforms and others are told there, and empty here. */
  readonly sameAs?: string;
  /** Of all its blobs, each counted once, in bytes. */
  readonly totalSize: number;
  /** Of the blobs that no other image has. */
  readonly uniqueSize: number;
  readonly platforms: readonly PlatformTree[];
  /** What belongs to no platform: layers of charts and other artifacts, attestations. */
  readonly others: readonly SharedBlob[];
}

/** The image of a platform. */
interface PlatformTree extends BlobIdentity {
  /** Undefined when it is not known. */
  readonly platform?: string;
  readonly config: SharedBlob;
  /** As the manifest lists them. */
  readonly layers: readonly SharedBlob[];
}

/** A blob, and how many have it. */
interface SharedBlob extends BlobIdentity {
  readonly mediaType: string;
  /** How many other images of the bundle have it; names of one digest are one image. */
  readonly sharedWith: number;
}

/**
 * Reads the manifests of all images, and tells what each of the chosen ones consists of.
 *
 * @param chosen references; what they share with others counts all the same
 * @throws PaletteEdgeError kind content for manifests that are damaged, `TREE_TOO_LARGE` for what no real bundle has
 */
export async function imageTree(
  source: Pick<BundleSource, 'inventory' | 'sizeOf' | 'open'>,
  chosen: ReadonlySet<string>,
  signal: AbortSignal | undefined,
): Promise<ImageTree[]> {
  const held = await heldImages(source, signal);
  const users = usersOf([...held.values()]);
  const told = new Map<Digest, ImageTree>();
  return source.inventory.images
    .filter(({ reference }) => chosen.has(reference))
    .flatMap(({ reference, digest }) => {
      const image = held.get(digest);
      if (image === undefined) return [];
      const first = told.get(digest);
      // There may be any number of names, and an image of any size.
      if (first !== undefined)
        return [{ ...first, reference, sameAs: first.reference, platforms: [], others: [] }];
      const tree = { ...treeOf(image, users), reference };
      told.set(digest, tree);
      return [tree];
    });
}

/**
 * Reads the manifests of all images. Each root once: two names of an image are one, and images may share manifests. Both are bounded, not by the
 * size of the bundle.
 *
 * @throws as {@link imageTree}
 */
export async function heldImages(
  source: Pick<BundleSource, 'inventory' | 'sizeOf' | 'open'>,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<Digest, HeldImage>> {
  const held = new Map<Digest, HeldImage>();
  let bytes = 0;
  let blobs = 0;
  const reader: BlobReader = {
    sizeOf: async (digest) => await source.sizeOf(digest),
    open: async (blob, options) => {
      bytes += blob.size;
      if (bytes > mostManifestBytes) throw tooLarge();
      return await source.open(blob, options);
    },
  };
  for (const image of source.inventory.images) {
    signal?.throwIfAborted();
    if (held.has(image.digest)) continue;
    const { graph } = await readHeldImage(reader, image, signal);
    blobs += countGraphBlobs(graph);
    if (blobs > mostGraphBlobs) throw tooLarge();
    held.set(image.digest, { image, graph: bareGraph(graph) });
  }
  return held;
}

function tooLarge(): PaletteEdgeError {
  return new PaletteEdgeError(
    'TREE_TOO_LARGE',
    `what the images consist of is too much to show: over ${mostGraphBlobs} blobs, or 256 MiB of manifests`,
    { kind: 'content', suggestions: ['palette-edge inspect without --tree lists the images.'] },
  );
}

/** How many images have a blob. */
function usersOf(images: readonly HeldImage[]): ReadonlyMap<Digest, number> {
  const users = new Map<Digest, number>();
  for (const { graph } of images) {
    for (const { descriptor } of graph.blobs)
      users.set(descriptor.digest, (users.get(descriptor.digest) ?? 0) + 1);
  }
  return users;
}

function treeOf(
  { image: { reference, digest, size }, graph }: HeldImage,
  users: ReadonlyMap<Digest, number>,
): ImageTree {
  const shared = ({ mediaType, ...blob }: Descriptor): SharedBlob => {
    return { digest: blob.digest, size: blob.size, mediaType, sharedWith: (users.get(blob.digest) ?? 1) - 1 };
  };
  const all = graph.blobs.map(({ descriptor }) => shared(descriptor));
  const placed = new Set(graph.images.flatMap(({ layers }) => layers.map((layer) => layer.digest)));
  const others = graph.blobs.filter(
    ({ role, descriptor }) => role === 'layer' && !placed.has(descriptor.digest),
  );
  return {
    reference,
    digest,
    size,
    totalSize: totalSize(all),
    uniqueSize: totalSize(all.filter(({ sharedWith }) => sharedWith === 0)),
    platforms: graph.images.map((each) => platformTree(each, shared)),
    others: others.map(({ descriptor }) => shared(descriptor)),
  };
}

function platformTree(
  { platform, manifest, config, layers }: GraphImage,
  shared: (descriptor: Descriptor) => SharedBlob,
): PlatformTree {
  return {
    platform: platform === undefined ? undefined : formatPlatform(platform),
    digest: manifest.digest,
    size: manifest.size,
    config: shared(config),
    layers: layers.map(shared),
  };
}
