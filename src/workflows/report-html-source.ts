import type { BundleReader } from '../bundle/bundle-reader.ts';
import { isChart } from '../bundle/inventory.ts';
import type { BundledBlob, BundledImage, Inventory } from '../bundle/inventory.ts';
import type { HeldImage } from '../bundle/image-content.ts';
import { totalSize } from '../io/total-size.ts';
import type { Digest } from '../oci/digest.ts';
import { isCompanion } from '../oci/origin.ts';
import { heldImages } from './inspect-tree.ts';
import { selectImages } from './select-images.ts';

/** What of a bundle a page is about. */
export interface PageSource {
  /** With the images that were chosen. */
  readonly inventory: Inventory;
  /** With all images. */
  readonly whole: Inventory;
  /** By which they were chosen; none for all. */
  readonly patterns: readonly string[];
  readonly stored: BundleReader['stored'];
  /** By the digest of the root. */
  readonly held: ReadonlyMap<Digest, HeldImage>;
  /** What was chosen and its blobs, each once, in tar order. */
  readonly blobs: readonly BundledBlob[];
  /** The roots that have a blob. */
  readonly owners: ReadonlyMap<Digest, readonly Digest[]>;
  /** Whether what is compared with has a blob; undefined when nothing is. */
  readonly isOld: ((digest: Digest) => boolean) | undefined;
}

/**
 * Reads the manifests of the images that were chosen.
 *
 * @param patterns of references; none for all, and for raw files, too
 * @param old what the bundle is compared with
 * @throws PaletteEdgeError as `heldImages` and `selectImages` do
 */
export async function readPageSource(
  reader: BundleReader,
  { patterns, old }: { readonly patterns: readonly string[]; readonly old: Inventory | undefined },
  signal: AbortSignal,
): Promise<PageSource> {
  const { images: selected } = selectImages([reader.inventory.images], patterns);
  const isWhole = patterns.length === 0;
  const inventory = {
    ...reader.inventory,
    images: selected[0] ?? [],
    rawFiles: isWhole ? reader.inventory.rawFiles : [],
  };
  const source = {
    inventory,
    sizeOf: async (digest: Digest) => await reader.sizeOf(digest),
    open: async (...parts: Parameters<BundleReader['open']>) => await reader.open(...parts),
  };
  const held = await heldImages(source, signal);
  const owners = ownersOf(held);
  const known = old === undefined ? undefined : new Set(old.blobs.map(({ digest }) => digest));
  return {
    inventory,
    whole: reader.inventory,
    patterns,
    stored: reader.stored,
    held,
    blobs: inventory.blobs.filter(({ digest }) => isWhole || owners.has(digest)),
    owners,
    isOld: known === undefined ? undefined : (digest) => known.has(digest),
  };
}

/** The images that containers run: what else is in a bundle like an image is none of them. */
export function pageImages({ inventory, held }: Pick<PageSource, 'inventory' | 'held'>): BundledImage[] {
  return inventory.images.filter(
    (image) =>
      !isCompanion(image) && !isChart(image) && (held.get(image.digest)?.graph.images.length ?? 0) > 0,
  );
}

/** The others: charts, signatures, attestations. */
export function pageArtifacts(source: Pick<PageSource, 'inventory' | 'held'>): BundledImage[] {
  const images = new Set(pageImages(source));
  return source.inventory.images.filter((image) => !images.has(image));
}

/** Bytes of the blobs of an image, each once; of those that are in question. */
export function bytesOfImage(
  { held }: Pick<PageSource, 'held'>,
  root: Digest,
  isCounted: (digest: Digest) => boolean = () => true,
): number {
  const blobs = held.get(root)?.graph.blobs ?? [];
  return totalSize(blobs.map(({ descriptor }) => descriptor).filter(({ digest }) => isCounted(digest)));
}

function ownersOf(held: ReadonlyMap<Digest, HeldImage>): ReadonlyMap<Digest, readonly Digest[]> {
  const owners = new Map<Digest, Digest[]>();
  for (const [root, { graph }] of held) {
    for (const { descriptor } of graph.blobs) {
      const known = owners.get(descriptor.digest);
      if (known === undefined) owners.set(descriptor.digest, [root]);
      else known.push(root);
    }
  }
  return owners;
}
