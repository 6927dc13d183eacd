import type { BlobIdentity } from './descriptor.ts';
import type { Digest } from './digest.ts';

/** A part of a blob: `start` inclusive, `end` exclusive, both in bytes from the blob's beginning. */
export interface BlobRange {
  readonly start: number;
  readonly end?: number;
}

/** How a blob is opened. */
export interface OpenBlobOptions {
  readonly range?: BlobRange;
  readonly signal?: AbortSignal;
  /** Says that every piece is done with when the next one is asked for: then its memory may be used again. */
  readonly reusesBuffers?: boolean;
}

/**
 * Read access to blobs, wherever they are: in a registry, in the store, in a bundle.
 *
 * The seam of the architecture: whoever reads blobs takes this, so a bundle can be written from the store, a registry
 * or another bundle.
 */
export interface BlobReader {
  /** The blob's size in bytes, or undefined when it is not here. Does not read the content. */
  sizeOf(digest: Digest, signal?: AbortSignal): Promise<number | undefined>;

  /**
   * Opens a blob, or a range of it. A whole blob is verified: the iteration throws a `content` error *instead of*
   * ending when length or digest do not match, so a consumer that reached the end has the right bytes. A range is
   * verified by length only.
   *
   * @throws PaletteEdgeError `BLOB_NOT_FOUND` (kind notFound) when the blob is not here
   */
  open(blob: BlobIdentity, options?: OpenBlobOptions): Promise<AsyncIterable<Uint8Array>>;
}

/** Write access to blobs. */
export interface BlobWriter {
  /**
   * Takes a blob in. It becomes readable only when complete and verified; a blob that is already here is left alone.
   *
   * @throws PaletteEdgeError kind content when the content does not match the digest or size
   */
  ingest(blob: BlobIdentity, content: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<void>;
}
