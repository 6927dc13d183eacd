import type { BlobReader, OpenBlobOptions } from '../oci/blob-access.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { BundleBlobs } from './bundle-blobs.ts';
import type { OpenBundle } from './bundle-blobs.ts';
import type { RestoredLayers } from './restored-layers.ts';

/** What those who read whole frames may hold together, in bytes. */
const workingBytes = 96 * 1024 * 1024;
/** What all the others may hold, in bytes. */
const pieceBytes = 16 * 1024 * 1024;
/** Frames that each of them has at a time, as they are in the file and decompressed. */
const framesHeld = 6;

/**
 * The blobs of some bundles, for a few readers that take all of a blob. They get views of whole frames, read ahead, where
 * {@link BundleBlobs} copies small pieces; with more readers than a few the rest gets those, so that memory does not grow.
 *
 * A layer of a squeezed bundle is restored while it is read, and when it is asked for once more, or for a part of it, kept for the next parts.
 */
export class PushBlobReader implements BlobReader {
  readonly #bundles: readonly OpenBundle[];
  readonly #pieces: BundleBlobs;
  readonly #mostDirect: number;
  readonly #read = new Set<Digest>();
  #direct = 0;

  /** @param restored keeps layers of squeezed bundles */
  constructor(bundles: readonly OpenBundle[], restored?: RestoredLayers) {
    this.#bundles = bundles;
    this.#pieces = new BundleBlobs(bundles, { pieces: pieceBytes, restored });
    const sizes = bundles.map(({ reader: { frames } }) => frames.contentSize(Math.min(1, frames.count - 1)));
    this.#mostDirect = Math.floor(workingBytes / (framesHeld * Math.max(1, ...sizes)));
  }

  async sizeOf(digest: Digest): Promise<number | undefined> {
    return await this.#pieces.sizeOf(digest);
  }

  /**
   * Of plain bundles only: frames of others may be as long as they are, and of a layer that is restored all is kept on disk before its first
   * part is sent.
   */
  async hasCheapParts({ digest, size }: BlobIdentity): Promise<boolean> {
    for (const { reader } of this.#bundles)
      if ((await reader.sizeOf(digest)) === size) return reader.stored.squeezed === undefined;
    return false;
  }

  async open(blob: BlobIdentity, options: OpenBlobOptions = {}): Promise<AsyncIterable<Uint8Array>> {
    const isAgain = options.range !== undefined || this.#read.has(blob.digest);
    this.#read.add(blob.digest);
    for (const { reader } of this.#bundles) {
      if (this.#direct >= this.#mostDirect || (await reader.sizeOf(blob.digest)) !== blob.size) continue;
      if (isAgain && reader.isSqueezed(blob.digest)) break;
      return this.#counted(await reader.open(blob, options));
    }
    return await this.#pieces.open(blob, options);
  }

  async *#counted(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
    this.#direct += 1;
    try {
      yield* content;
    } finally {
      this.#direct -= 1;
    }
  }
}
