import { canonicalJson } from '../io/canonical-json.ts';
import type { Digest } from '../oci/digest.ts';
import type { BundledBlob, BundledFile, BundledRole, Inventory } from './inventory.ts';

/**
 * What a squeezed bundle holds, and how the plain one comes back from it (docs/bundle-format.md, "Squeezed bundles"). What is in it for users
 * is told by the inventory of the plain bundle, which is a file of its head.
 */
export type SqueezedInventory = {
  /** 5 of a delta bundle. */
  readonly formatVersion: 4 | 5;
  readonly mode: 'squeezed' | 'delta';
  readonly name: string;
  /** The tool that squeezed it. */
  readonly tool: Inventory['tool'];
  /** How the plain bundle is written, so that it is the same file. */
  readonly plain: PlainWriting;
  /** Every tar entry of the head except this inventory and the signature slot, in tar order. */
  readonly files: readonly BundledFile[];
  /** Every blob in the tar once, in tar order. */
  readonly blobs: readonly StoredBlob[];
  /** How many of the blobs come before those in long frames. */
  readonly longFrom: number;
  /** Gzip layers that are in the tar as what they decompress to; sorted by digest. */
  readonly layers: readonly SqueezedLayer[];
  /** Layers that are in the tar as they were, and why; sorted by digest. */
  readonly kept: readonly KeptLayer[];
  /** Of a delta bundle: what it needs of others. */
  readonly delta?: DeltaContent | undefined;
};

/** What a delta bundle needs of other bundles, its bases. */
export type DeltaContent = {
  /** Any of them may have what is needed; sorted by the digests of their inventories. */
  readonly bases: readonly BaseBundle[];
  /** Blobs of the plain bundle that a base has; sorted by digest. */
  readonly taken: readonly TakenBlob[];
  /** What layers decompress to, described by what layers of bases decompress to; sorted by `plain`. */
  readonly patches: readonly DeltaPatch[];
};

/** A bundle that a delta bundle was made against. */
export type BaseBundle = {
  readonly name: string;
  /** Of the plain bundle. */
  readonly id: string;
  /** Of the bytes of the plain bundle's inventory: it may be squeezed, or a delta bundle, too. */
  readonly inventory: Digest;
};

/** A blob that is not in a delta bundle. */
export type TakenBlob = {
  readonly digest: Digest;
  readonly size: number;
};

/** What a layer decompresses to, as changes to others (docs/delta-patch.md). */
export type DeltaPatch = {
  readonly plain: Digest;
  /** Bytes of `plain`. */
  readonly size: number;
  /** A blob in the tar. */
  readonly patch: Digest;
  /** Layers of bases, which are gzip there; their order is part of the patch. */
  readonly olds: readonly Digest[];
};

/** What decides the bytes of a plain bundle beside its inventory and its blobs. */
export type PlainWriting = {
  /** zstd level. */
  readonly compressionLevel: number;
  /** Bytes of tar in each frame. */
  readonly frameContent: number;
};

/** What a blob in the tar is: as in a plain bundle, or what stands for one. */
export type StoredRole = BundledRole | 'rewritten' | 'recipe' | 'tar' | 'patch';

/** A blob in the tar. */
export type StoredBlob = Omit<BundledBlob, 'role'> & { readonly role: StoredRole };

/** A gzip layer that is not in the tar. */
export type SqueezedLayer = {
  readonly digest: Digest;
  readonly size: number;
  /** What it decompresses to: a blob in the tar, or what a patch gives. */
  readonly plain: Digest;
  /** How it comes back from that: a blob in the tar. */
  readonly recipe: Digest;
  /** What wrote it, as far as that is known; for people. */
  readonly encoder: string;
};

/** A layer that stayed as it was. */
export type KeptLayer = {
  readonly digest: Digest;
  /** A short word, for people and for counting. */
  readonly reason: string;
};

/** Files of the plain bundle's head that other bytes take the place of, by the paths where a squeezed one has them. */
export const plainPaths: ReadonlyMap<string, string> = new Map([
  ['palette-edge/plain/index.json', 'index.json'],
  ['palette-edge/plain/manifest.json', 'manifest.json'],
]);
/** Where the inventory of the plain bundle is. */
export const plainInventoryPath = 'palette-edge/plain/inventory.json';

export const recipeMediaType = 'application/vnd.palette-edge.recipe.v1';
export const patchMediaType = 'application/vnd.palette-edge.patch.v1';

/** Recipes of layers that are worth it are smaller; those of tiny ones are not counted. */
const recipeShare = 0.25;
const leastRecipe = 64 * 1024;
/** Whoever restores has it in memory. */
const mostRecipe = 256 * 1024 * 1024;

/** How large the recipe of a layer may be, both in bytes. */
export function largestRecipe(layerSize: number): number {
  return Math.min(mostRecipe, leastRecipe + Math.floor(layerSize * recipeShare));
}

/** Roles of blobs that are in the tar for our own reader or for other tools only. */
const standIns: ReadonlySet<StoredRole> = new Set(['rewritten', 'recipe', 'tar', 'patch']);

/** Whether a blob is one of the plain bundle's, too. */
export function isOriginal(blob: StoredBlob): blob is BundledBlob {
  return !standIns.has(blob.role);
}

/** The bytes of a squeezed inventory: canonical JSON in UTF-8. */
export function serializeSqueezedInventory(inventory: SqueezedInventory): Buffer {
  return Buffer.from(canonicalJson(inventory), 'utf8');
}
