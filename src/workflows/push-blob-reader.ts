import type { BlobReader, OpenBlobOptions } from '../oci/blob-access.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { BundleBlobs } from './bundle-blobs.ts';
import type { OpenBundle } from './bundle-blobs.ts';

/** What those who read whole frames may hold together, in bytes. */
const workingBytes = 96 * 1024 * 1024;
/** What all the others may hold, in bytes. */
const pieceBytes = 16 * 1024 * 1024;
/** Frames that each of them has at a time, as they are in the file and decompressed. */
const framesHeld = 6;

/**
 * The blobs of some bundles, for a few readers that take all of a blob. They get views of whole frames, read ahead, where
 * {@link BundleBlobs} copies small pieces; with more readers than a few the rest gets those, so that memory does not grow.
 */
export class PushBlobReader implements BlobReader {
  readonly #bundles: readonly OpenBundle[];
  readonly #pieces: BundleBlobs;
  readonly #mostDirect: number;
  #direct = 0;

  constructor(bundles: readonly OpenBundle[]) {
    this.#bundles = bundles;
    this.#pieces = new BundleBlobs(bundles, { pieces: pieceBytes });
    const sizes = bundles.map(({ reader: { frames } }) => frames.contentSize(Math.min(1, frames.count - 1)));
    this.#mostDirect = Math.floor(workingBytes / (framesHeld * Math.max(1, ...sizes)));
  }

  async sizeOf(digest: Digest): Promise<number | undefined> {
    return await this.#pieces.sizeOf(digest);
  }

  async open(blob: BlobIdentity, options: OpenBlobOptions = {}): Promise<AsyncIterable<Uint8Array>> {
    for (const { reader } of this.#bundles)
      if (this.#direct < this.#mostDirect && (await reader.sizeOf(blob.digest)) === blob.size)
        return this.#counted(await reader.open(blob, options));
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
