/**
 * What the page of a report shows, as it is in the page. It refers to images and layers by their place in the lists here. Sizes are in bytes,
 * as registries have them.
 */
export interface PageData {
  readonly bundle: PageBundle;
  /** By reference; what is no image is in {@link artifacts}. */
  readonly images: readonly PageImage[];
  /** Layers of images, each once. */
  readonly layers: readonly PageLayer[];
  /** Where the bytes are: every blob is in one cell of one group. */
  readonly groups: readonly PageGroup[];
  /** Charts, signatures, attestations. */
  readonly artifacts: readonly PageArtifact[];
  readonly files: readonly PageFile[];
  /** The largest files of layers; absent when layers were not read. */
  readonly largest?: readonly PageLargeFile[] | undefined;
  /** Absent when layers were not read. */
  readonly packages?: PagePackages | undefined;
  readonly signatures: readonly PageSignature[];
  readonly warnings: readonly PageWarning[];
  /** Of a report that compares. */
  readonly update?: PageUpdate | undefined;
}

/** The bundle as a whole. */
export interface PageBundle {
  readonly name: string;
  readonly id: string;
  /** Of the plain bundle, when that is another one. */
  readonly plainId?: string | undefined;
  /** Digest of the plain inventory. */
  readonly inventory: string;
  readonly mode: 'plain' | 'squeezed' | 'delta';
  readonly size: number;
  /** Files that it is split into. */
  readonly parts?: number | undefined;
  /** Of all blobs that are shown, each once. */
  readonly contentSize: number;
  /** What all images would be, each for itself. */
  readonly unsharedSize: number;
  readonly profiles: readonly string[];
  readonly writtenBy: string;
  /** The program that made the report. */
  readonly reportedBy: string;
  /** When the newest image was made: UTC, RFC 3339. */
  readonly created: string;
  /** Patterns of images that the report is about; empty for all. */
  readonly chosen: readonly string[];
  readonly squeeze?: PageSqueeze | undefined;
  readonly delta?: PageDelta | undefined;
}

/** What squeezing did. */
interface PageSqueeze {
  readonly layers: number;
  readonly bytes: number;
  /** Layers that stayed as they were. */
  readonly kept: readonly { readonly reason: string; readonly layers: number; readonly bytes: number }[];
}

/** What a delta bundle takes of others. */
interface PageDelta {
  readonly bases: readonly { readonly name: string; readonly id: string }[];
  readonly takenBlobs: number;
  readonly takenBytes: number;
  readonly changedLayers: number;
  readonly changedBytes: number;
}

/** A name of an image. */
export interface PageImage {
  readonly name: string;
  readonly digest: string;
  /** What it was called where it came from. */
  readonly from?: string | undefined;
  /** The image before it that is the same. */
  readonly sameAs?: number | undefined;
  readonly platforms: readonly PagePlatform[];
  /** Platforms that its index names, and the bundle does not have. */
  readonly omitted: readonly string[];
  /** Who asked for it. */
  readonly origins: readonly string[];
  readonly total: number;
  /** Of its blobs that no other image has. */
  readonly alone: number;
  /** Of a report that compares. */
  readonly change?: PageChange | undefined;
}

/** The image of a platform. */
export interface PagePlatform {
  readonly platform: string;
  readonly digest: string;
  /** The lowest first. */
  readonly layers: readonly number[];
  /** As its os-release calls it. */
  readonly distribution?: string | undefined;
}

/** A layer. */
export interface PageLayer {
  readonly digest: string;
  readonly size: number;
  /** Images that have it. */
  readonly images: readonly number[];
  /** What it is in the bundle; absent when it is there as registries have it. */
  readonly stored?: 'squeezed' | 'taken' | 'changed' | undefined;
  /** Whether what is compared with has it. */
  readonly isOld?: boolean | undefined;
}

/** A group of the map of bytes. */
export interface PageGroup {
  readonly kind: 'image' | 'shared' | 'files' | 'artifacts' | 'metadata';
  /** Of one image. */
  readonly image?: number | undefined;
  readonly size: number;
  /** The largest first. */
  readonly cells: readonly PageCell[];
}

/** A blob on the map of bytes; or what many small ones are together. */
export interface PageCell {
  /** Of a layer of an image; otherwise there is a name. */
  readonly layer?: number | undefined;
  readonly name?: string | undefined;
  readonly size: number;
  /** Bytes of it that what is compared with has. */
  readonly old?: number | undefined;
}

/** Something beside images. */
export interface PageArtifact {
  readonly name: string;
  readonly digest: string;
  readonly kind: 'chart' | 'companion';
  /** Of a chart its version, of others their type. */
  readonly what: string;
  readonly size: number;
  /** Images that it is about. */
  readonly about: readonly string[];
  /** Of a report that compares: whether what is compared with lacks it. */
  readonly isNew?: boolean | undefined;
}

/** A file that is in the bundle as it is. */
export interface PageFile {
  readonly name: string;
  readonly digest: string;
  readonly size: number;
  /** Of a report that compares: whether what is compared with lacks it. */
  readonly isNew?: boolean | undefined;
}

/** A file of a layer. Its size is that of its content, unpacked. */
export interface PageLargeFile {
  readonly path: string;
  readonly size: number;
  readonly layer: number;
}

/** Packages of images. */
export interface PagePackages {
  /** Each once: type, name, version, licences, images. */
  readonly list: readonly PagePackage[];
  /** All that were found, also what is not in the list because it would be too long. */
  readonly total: number;
}

/** A package: type, name, version, licence, images that have it. */
export type PagePackage = readonly [
  type: string,
  name: string,
  version: string,
  licence: string,
  images: readonly number[],
];

/** A signature of the bundle. */
interface PageSignature {
  readonly algorithm: string;
  readonly keyId: string;
  /** Name of the file of the key that it was checked with; absent when nobody checked it. */
  readonly checkedWith?: string | undefined;
}

/** A warning. */
interface PageWarning {
  readonly code: string;
  readonly message: string;
}

/** What an update brings. */
export interface PageUpdate {
  readonly before: { readonly name: string; readonly id: string };
  /** Blobs that what is compared with lacks. */
  readonly toShip: PageTotal;
  /** What both have. */
  readonly kept: PageTotal;
  /** What is gone: its images, charts and files; of some images, what would have been chosen, too. */
  readonly removed: readonly PageRemoved[];
}

/** Blobs and their bytes. */
interface PageTotal {
  readonly blobs: number;
  readonly bytes: number;
}

/** What became of an image. */
export interface PageChange {
  /** `updated`: the same repository, another tag or digest. `platforms`: the same image, others of its platforms. */
  readonly kind: 'added' | 'updated' | 'platforms' | 'same';
  /** What it was before. */
  readonly was?: { readonly name: string; readonly digest: string } | undefined;
  /** Bytes of it that what is compared with lacks. */
  readonly toShip: number;
}

/** Something that only what is compared with has. */
export interface PageRemoved {
  readonly what: 'image' | 'companion' | 'chart' | 'file';
  readonly name: string;
  readonly digest: string;
}
