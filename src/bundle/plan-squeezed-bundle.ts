import type { BlobIdentity } from '../oci/descriptor.ts';
import { digestOf } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import type { GraphImage, ImageGraph } from '../oci/image-graph.ts';
import { frameTableSize } from './frame-table.ts';
import { imageNames } from './image-names.ts';
import { inventoryId, inventoryPath, leadingPaths, signaturePath } from './inventory.ts';
import type { Inventory } from './inventory.ts';
import { dockerManifestDocument, indexDocument } from './oci-documents.ts';
import { parseAnyInventory } from './parse-inventory.ts';
import { checkAgainstPlain } from './parse-squeezed-inventory.ts';
import { defaultFrameContent } from './plan-bundle.ts';
import type { RewrittenManifest } from './rewrite-images.ts';
import {
  patchMediaType,
  plainInventoryPath,
  plainPaths,
  recipeMediaType,
  serializeSqueezedInventory,
} from './squeezed-inventory.ts';
import type {
  DeltaContent,
  KeptLayer,
  PlainWriting,
  SqueezedInventory,
  StoredBlob,
} from './squeezed-inventory.ts';
import { sectionSize } from './tar-behind-head.ts';
import { encodeHead, placeBlobs } from './tar-layout.ts';
import type { HeadEntry } from './tar-layout.ts';
import { frameBound } from './zstd-frame-structure.ts';

/** A layer that is replaced by what it decompresses to. */
export interface LayerToSqueeze extends BlobIdentity {
  readonly plain: BlobIdentity;
  readonly recipe: Uint8Array;
  /** What wrote it, for people. */
  readonly encoder: string;
}

/** What a squeezed bundle is made of. */
export interface SqueezedContentPlan {
  /** The plain bundle: its head. */
  readonly plain: {
    readonly inventory: Inventory;
    readonly inventoryBytes: Uint8Array;
    /** What is in its slot for signatures: it is about the plain inventory, and goes along. */
    readonly signature?: Uint8Array | undefined;
    readonly files: ReadonlyMap<string, Uint8Array>;
  };
  readonly writing: PlainWriting;
  readonly tool: Inventory['tool'];
  readonly layers: readonly LayerToSqueeze[];
  readonly kept: readonly KeptLayer[];
  /** Blobs that go into long frames, in that order: what layers decompress to, and layers that were never compressed. */
  readonly long: readonly Digest[];
  readonly rewritten: ReadonlyMap<Digest, RewrittenManifest>;
  /** The images of each root of the plain bundle. */
  readonly graphs: ReadonlyMap<Digest, Pick<ImageGraph, 'images'>>;
  /** Makes it a delta bundle: what it takes of others. */
  readonly delta?: DeltaToPlan | undefined;
}

/** What a delta bundle takes of its bases. Patches are among the blobs of long frames. */
interface DeltaToPlan extends Pick<DeltaContent, 'bases' | 'taken'> {
  readonly patches: readonly PatchToPlan[];
}

/** A patch, and what comes of it. */
export interface PatchToPlan extends BlobIdentity {
  readonly plain: BlobIdentity;
  readonly olds: readonly Digest[];
}

/** Everything about a squeezed bundle but the bytes of its layers. */
export interface SqueezedPlan {
  readonly inventory: SqueezedInventory;
  readonly id: string;
  readonly headEntries: readonly HeadEntry[];
  readonly tarSize: number;
  /** The bundle's file is not larger than this, whatever its layers are. */
  readonly largestBundleSize: number;
  /** Content of the blobs that are made here: rewritten manifests and recipes. */
  readonly made: ReadonlyMap<Digest, Uint8Array>;
}

/**
 * Plans a squeezed bundle (docs/bundle-format.md, "Squeezed bundles"). Pure.
 *
 * @throws PaletteEdgeError `INVENTORY_INVALID` (kind content) for one that nobody could read
 */
export function planSqueezedBundle(content: SqueezedContentPlan): SqueezedPlan {
  const { plain, writing, tool, kept } = content;
  const {
    inventory: { name },
  } = plain;
  const made = new Map<Digest, Uint8Array>();
  for (const { descriptor, bytes } of content.rewritten.values()) made.set(descriptor.digest, bytes);
  const layers = content.layers.map(({ digest, size, plain: { digest: plainDigest }, recipe, encoder }) => {
    const recipeDigest = digestOf(recipe);
    made.set(recipeDigest, recipe);
    return { digest, size, plain: plainDigest, recipe: recipeDigest, encoder };
  });
  const { blobs, longFrom } = orderStored(content);
  const leading = leadingDocuments(content);
  const extras = extraFiles(plain);
  const inventory: SqueezedInventory = {
    formatVersion: content.delta === undefined ? 4 : 5,
    mode: content.delta === undefined ? 'squeezed' : 'delta',
    name,
    tool,
    plain: writing,
    files: [...leading, ...extras].map(({ path, bytes }) => ({
      path,
      size: bytes.length,
      digest: digestOf(bytes),
    })),
    blobs,
    longFrom,
    layers: byDigest(layers),
    kept: byDigest(kept),
    delta: content.delta === undefined ? undefined : deltaContent(content.delta),
  };
  const bytes = serializeSqueezedInventory(inventory);
  requireReadable(bytes, plain.inventory);
  const signature = plain.signature === undefined ? [] : [{ path: signaturePath, bytes: plain.signature }];
  const headEntries = [...leading, { path: inventoryPath, bytes }, ...signature, ...extras];
  const headSize = encodeHead(headEntries).length;
  const { tarSize } = placeBlobs(blobs, headSize);
  return {
    inventory,
    id: inventoryId(bytes),
    headEntries,
    tarSize,
    largestBundleSize: largest(tarSize),
    made,
  };
}

/** As its readers see it: what they would refuse is not written. */
function requireReadable(bytes: Uint8Array, plain: Inventory): void {
  const own = parseAnyInventory(bytes);
  if (own.mode === 'plain') throw new TypeError('it is no squeezed bundle');
  checkAgainstPlain(own, plain);
}

function deltaContent({ bases, taken, patches }: DeltaToPlan): DeltaContent {
  const described = patches.map(({ digest, plain, olds }) => ({
    plain: plain.digest,
    size: plain.size,
    patch: digest,
    olds,
  }));
  return {
    bases: sortedBy(bases, ({ inventory }) => inventory),
    taken: byDigest(taken),
    patches: sortedBy(described, ({ plain }) => plain),
  };
}

/**
 * What is read first comes first: manifests and configs of the plain bundle, rewritten manifests, recipes; then what stayed as it was, in the
 * plain bundle's order; then what is in long frames.
 */
function orderStored({
  plain,
  layers,
  long,
  rewritten,
  delta,
}: SqueezedContentPlan): Pick<SqueezedInventory, 'blobs' | 'longFrom'> {
  const squeezed = new Set([...layers, ...(delta?.taken ?? [])].map(({ digest }) => digest));
  const patches = new Map(delta?.patches.map((patch) => [patch.digest, patch.size]));
  const isLong = new Set(long);
  const left = plain.inventory.blobs.filter(({ digest }) => !squeezed.has(digest));
  const originals = new Map<Digest, StoredBlob>(left.map((blob) => [blob.digest, blob]));
  const smallRoles = new Set(['index', 'manifest', 'config']);
  const small = left.filter(({ digest, role }) => smallRoles.has(role) && !isLong.has(digest));
  const large = left.filter(({ digest, role }) => !smallRoles.has(role) && !isLong.has(digest));
  const manifests = [...rewritten.values()].map(
    ({ descriptor: { digest, size, mediaType } }): StoredBlob => ({
      digest,
      size,
      mediaType,
      role: 'rewritten',
    }),
  );
  const recipes = layers.map(({ recipe }): StoredBlob => ({
    digest: digestOf(recipe),
    size: recipe.length,
    mediaType: recipeMediaType,
    role: 'recipe',
  }));
  const tars = new Map(layers.map(({ plain: tar }) => [tar.digest, tar.size]));
  const inLong = long.map((digest): StoredBlob => {
    const original = originals.get(digest);
    if (original !== undefined) return original;
    const patch = patches.get(digest);
    if (patch !== undefined) return { digest, size: patch, mediaType: patchMediaType, role: 'patch' };
    const size = tars.get(digest);
    if (size === undefined) throw new TypeError(`${digest} is nothing that a layer decompresses to`);
    return { digest, size, mediaType: 'application/x-tar', role: 'tar' };
  });
  const others = [...left, ...inLong];
  const short = [...small, ...uniqueSorted(manifests, others), ...uniqueSorted(recipes, others), ...large];
  const blobs = [...short, ...inLong];
  return { blobs, longFrom: isWorthLong(short, inLong) ? short.length : blobs.length };
}

/** Readers tell long frames from the others by their size: they are larger than the first one behind the head. */
function isWorthLong(short: readonly StoredBlob[], long: readonly StoredBlob[]): boolean {
  const size = sectionSize({ blobs: long, isLast: true });
  return size > Math.min(defaultFrameContent, sectionSize({ blobs: short, isLast: false }));
}

/** Each once, by digest, but those that are there as something else. */
function uniqueSorted(blobs: readonly StoredBlob[], there: readonly StoredBlob[]): StoredBlob[] {
  const known = new Set(there.map(({ digest }) => digest));
  return byDigest(
    [...new Map(blobs.map((blob) => [blob.digest, blob])).values()].filter(
      ({ digest }) => !known.has(digest),
    ),
  );
}

/** What the documents that other tools look at are made of. */
export type RewrittenContent = Pick<SqueezedContentPlan, 'rewritten' | 'graphs'> & {
  /** What a delta bundle has alone is no image: then nothing is shown. */
  readonly delta?: unknown;
  readonly plain: Pick<SqueezedContentPlan['plain'], 'inventory' | 'files'>;
  readonly layers: readonly Pick<LayerToSqueeze, 'digest' | 'plain'>[];
};

/** The documents that other tools look at, with rewritten manifests in them. */
export function leadingDocuments({ plain, rewritten, layers, graphs, delta }: RewrittenContent): HeadEntry[] {
  const images = plain.inventory.images.map((image) => ({
    ...image,
    ...rewritten.get(image.digest)?.descriptor,
  }));
  const byNewRoot = new Map(
    plain.inventory.images.map(({ digest }, index) => [images[index]?.digest, graphs.get(digest)]),
  );
  const tars = new Map(layers.map(({ digest, plain: tar }) => [digest, tar]));
  const withTars = (image: GraphImage): GraphImage => ({
    ...image,
    layers: image.layers.map((layer) => ({ ...layer, ...tars.get(layer.digest) })),
  });
  const names = delta === undefined ? imageNames(images) : [];
  const [layoutPath, indexPath, manifestPath] = leadingPaths;
  return [
    { path: layoutPath, bytes: fileOf(plain.files, layoutPath) },
    { path: indexPath, bytes: indexDocument(names) },
    {
      path: manifestPath,
      bytes: dockerManifestDocument(names, (root) => {
        const graph = byNewRoot.get(root);
        return graph === undefined ? undefined : { images: graph.images.map(withTars) };
      }),
    },
  ];
}

/** The plain bundle's other files, and those of its own that rewritten ones take the place of. */
function extraFiles({ inventoryBytes, files }: SqueezedContentPlan['plain']): HeadEntry[] {
  const leading: ReadonlySet<string> = new Set(leadingPaths);
  const entries = [...files].flatMap(([path, bytes]) => (leading.has(path) ? [] : [{ path, bytes }]));
  const replaced = [...plainPaths].map(([path, plainPath]) => ({ path, bytes: fileOf(files, plainPath) }));
  const all = [...entries, ...replaced, { path: plainInventoryPath, bytes: inventoryBytes }];
  return all.toSorted((left, right) => (left.path < right.path ? -1 : 1));
}

function fileOf(files: ReadonlyMap<string, Uint8Array>, path: string): Uint8Array {
  const bytes = files.get(path);
  if (bytes === undefined) throw new TypeError(`there is no ${path}`);
  return bytes;
}

function largest(tarSize: number): number {
  // Each frame of any size costs a little more than its share of this.
  const frames = Math.ceil(tarSize / (1024 * 1024)) + 3;
  return tarSize + Math.ceil(tarSize / 256) + frames * frameBound(0) + frameTableSize(frames);
}

/** Sorts by digest, which no two share. */
function byDigest<T extends { readonly digest: Digest }>(items: readonly T[]): T[] {
  return sortedBy(items, ({ digest }) => digest);
}

/** Sorts by a key, which no two share. */
function sortedBy<T>(items: readonly T[], key: (item: T) => string): T[] {
  return items.toSorted((left, right) => (key(left) < key(right) ? -1 : 1));
}
