import type { BlobRange, OpenBlobOptions } from '../oci/blob-access.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import type { BundleReader } from './bundle-reader.ts';
import type { DeltaContent, DeltaPatch } from './squeezed-inventory.ts';

/** A patch and its bytes. */
export interface PatchContent {
  readonly patch: DeltaPatch;
  /** Bytes of the patch itself. */
  readonly size: number;
  /** A stretch of it. What follows each other is best read so: nothing is decompressed twice then. */
  readonly bytes: (range: BlobRange, signal?: AbortSignal) => AsyncIterable<Uint8Array>;
}

/** The bundles that a delta bundle was made against: the seam between it and them. */
export interface BundleBases {
  /** The bundle that has a blob itself; undefined when none that is there does. */
  holderOf(digest: Digest): BundleReader | undefined;
  /**
   * Opens a blob that a base has.
   *
   * @throws PaletteEdgeError `BASE_NEEDED` (kind notFound) when no base that is there has it
   */
  open(blob: BlobIdentity, options: OpenBlobOptions): Promise<AsyncIterable<Uint8Array>>;
  /** What a patch gives, from a position on. It is not verified: what is made of it is. */
  patched(content: PatchContent, start: number, signal?: AbortSignal): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/** Makes the bases of a delta bundle known to it, when its inventory is read. */
export type FindBases = (delta: DeltaContent, name: string) => BundleBases;
