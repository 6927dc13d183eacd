import { canonicalJson } from '../io/canonical-json.ts';
import { digestHex, digestOf } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import type { BlobRole } from '../oci/image-graph.ts';
import { mediaTypes } from '../oci/media-types.ts';
import type { Origin } from '../oci/origin.ts';

/**
 * What a bundle holds (docs/bundle-format.md). A type, not an interface, as those below: canonical JSON takes only such.
 * No time, host, user or locale: same content, same bytes.
 */
export type Inventory = {
  /**
   * 2 when images have companions, which readers of version 1 would take for images that somebody asked for; 3 when there are
   * raw files, whose blobs readers of 1 and 2 do not know.
   */
  readonly formatVersion: 1 | 2 | 3;
  readonly mode: 'plain';
  readonly name: string;
  /** The tool that wrote the bundle. */
  readonly tool: { readonly name: string; readonly version: string };
  /** Sorted by their canonical JSON, each once. */
  readonly profiles: readonly BundledProfile[];
  /** Sorted by reference, each reference once. */
  readonly images: readonly BundledImage[];
  /** Sorted by reference. Each is among the images, too. */
  readonly charts: readonly BundledChart[];
  /** Every tar entry of the head except the inventory itself and the signature slot, in tar order. */
  readonly files: readonly BundledFile[];
  /** Files that were added as they are, sorted by name, each name once; absent when there are none. */
  readonly rawFiles?: readonly BundledRawFile[];
  /** Every blob once, in tar order. */
  readonly blobs: readonly BundledBlob[];
};

/** A profile that the bundle was built from. */
export type BundledProfile = {
  readonly name: string;
  readonly version: string;
  readonly type: string;
};

/** An image of a bundle. */
export type BundledImage = {
  readonly digest: Digest;
  readonly size: number;
  /** In full, as {@link formatReference} gives it. */
  readonly reference: string;
  /** What it was called where it came from, in full, when it was renamed. */
  readonly sourceReference?: string;
  /** Media type of the root manifest. */
  readonly mediaType: string;
  /** Platforms that are kept, sorted; empty for artifacts without a platform. */
  readonly platforms: readonly string[];
  /** Platforms that the kept index names and the bundle does not hold. Not empty: the index is sparse. */
  readonly omittedPlatforms: readonly string[];
  /** Of a chart, and of a companion that is no image: what it is, as `application/spdx+json`. */
  readonly artifactType?: string;
  /** Every place that asked for it; of a companion, what it belongs to. */
  readonly origins: readonly Origin[];
};

/** A Helm chart of a bundle. What else is known of it is in the image of the same reference. */
export type BundledChart = {
  readonly name: string;
  readonly version: string;
  /** Of an entry of `images`. */
  readonly reference: string;
  /** Of its manifest. */
  readonly digest: Digest;
  /** URL of the repository that it is from, without a query: `https://charts.example.com`, `oci://ghcr.io/org/charts`. */
  readonly source: string;
};

/** A tar entry of the head. */
export type BundledFile = {
  readonly digest: Digest;
  readonly size: number;
  readonly path: string;
};

/** A file that was added as it is; its content is a blob. */
export type BundledRawFile = {
  readonly digest: Digest;
  readonly size: number;
  /** A relative path, see {@link isRawFileName}. */
  readonly name: string;
};

/** What a blob of a bundle is: a part of an image, or a raw file and nothing else. */
export type BundledRole = BlobRole | 'file';

/** A blob of a bundle. */
export type BundledBlob = {
  readonly digest: Digest;
  readonly size: number;
  readonly mediaType: string;
  readonly role: BundledRole;
};

/** Where the inventory is in the tar. */
export const inventoryPath = 'palette-edge/inventory.json';
/** Where a signature of the inventory's bytes may be: right behind the inventory, not in `files`. */
export const signaturePath = 'palette-edge/inventory.sig';
/** The first entries of the tar, before the inventory. */
export const leadingPaths = ['oci-layout', 'index.json', 'manifest.json'] as const;

/** Largest inventory, in bytes: it is parsed as a whole. */
export const maximumInventorySize = 16 * 1024 * 1024;
/** Longest text in an inventory, in UTF-16 code units. */
const maximumTextLength = 1024;

const bundleNamePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
const extraPathPattern = /^palette-edge(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._@+-]+)+$/;
/** What the name field of a ustar header holds (POSIX.1-2017, pax, "ustar Interchange Format"). */
const maximumPathLength = 100;

/** Whether the text can name a bundle; the name is part of file names. */
export function isBundleName(text: string): boolean {
  return bundleNamePattern.test(text);
}

/** Whether the text can be the path of an extra file of the head: below `palette-edge/`, plain characters, nothing to climb. */
export function isExtraPath(text: string): boolean {
  const isTaken = text === inventoryPath || text === signaturePath;
  return !isTaken && text.length <= maximumPathLength && extraPathPattern.test(text);
}

/** Whether a text of an inventory is short enough and free of control characters, which could steer a terminal. */
export function isInventoryText(text: string): boolean {
  return text.length <= maximumTextLength && cleanText(text) === text;
}

/** Makes a text fit for an inventory: control characters replaced, cut to {@link maximumTextLength}. */
export function cleanText(text: string): string {
  const controls = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;
  return text.toWellFormed().replaceAll(controls, '\uFFFD').slice(0, maximumTextLength).toWellFormed();
}

/** The version that an inventory of these images and raw files has: the least whose readers know all that is in it. */
export function formatVersionOf({
  images,
  rawFiles = [],
}: Pick<Inventory, 'images' | 'rawFiles'>): Inventory['formatVersion'] {
  if (rawFiles.length > 0) return 3;
  return images.some((image) => isChart(image) || hasNewOrigin(image)) ? 2 : 1;
}

const firstOriginKinds: ReadonlySet<string> = new Set(['flag', 'list', 'manifest', 'profile']);

function hasNewOrigin({ origins }: BundledImage): boolean {
  return origins.some(({ kind }) => !firstOriginKinds.has(kind));
}

/** Whether an entry of `images` is a Helm chart. */
export function isChart({ artifactType }: Pick<BundledImage, 'artifactType'>): boolean {
  return artifactType === mediaTypes.helmConfig;
}

/** The bytes of an inventory: canonical JSON in UTF-8. */
export function serializeInventory(inventory: Inventory): Buffer {
  return Buffer.from(canonicalJson(inventory), 'utf8');
}

/** The bundle's id: the first 8 hex digits of the sha256 of the inventory's bytes. */
export function inventoryId(bytes: Uint8Array): string {
  return digestHex(digestOf(bytes)).slice(0, 8);
}
