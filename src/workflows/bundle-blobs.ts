import pLimit from 'p-limit';

import type { BundleReader } from '../bundle/bundle-reader.ts';
import { FrameCache } from '../bundle/frame-cache.ts';
import { PaletteEdgeError } from '../errors.ts';
import type { BlobReader, OpenBlobOptions } from '../oci/blob-access.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { verifiedContent } from '../oci/verified-content.ts';

/** A bundle that is open, and its path as the user wrote it. */
export interface OpenBundle {
  readonly path: string;
  readonly reader: BundleReader;
}

/** What one client holds at a time, in bytes, however slowly it takes it. Frames that it is cut from are not held. */
const pieceSize = 128 * 1024;
/** What all clients together may have decompressed at a time besides the frames that readers remember, in bytes. */
const workingBytes = 64 * 1024 * 1024;
const mostAtOnce = 3;

/**
 * The blobs of some bundles, for many clients at once. What memory is needed does not depend on how large blobs are, and on
 * the clients only by a piece for each.
 */
export class BundleBlobs implements BlobReader {
  readonly #bundles: readonly OpenBundle[];
  readonly #limited: ReturnType<typeof pLimit>;

  /** @param cache decompressed frames of all of these bundles, however many they are */
  constructor(bundles: readonly OpenBundle[], cache: FrameCache = new FrameCache()) {
    this.#bundles = bundles;
    for (const { reader } of bundles) reader.frames.shareCache(cache);
    this.#limited = pLimit(framesAtOnce(bundles));
  }

  async sizeOf(digest: Digest): Promise<number | undefined> {
    for (const { reader } of this.#bundles) {
      const size = await reader.sizeOf(digest);
      if (size !== undefined) return size;
    }
    return undefined;
  }

  /**
   * As any {@link BlobReader} does; a range is checked by the checks of its frames. The first piece is read before this
   * returns: what cannot be read at all is told before anything is sent.
   */
  async open(blob: BlobIdentity, options: OpenBlobOptions = {}): Promise<AsyncIterable<Uint8Array>> {
    const { range, signal } = options;
    const { path, reader } = await this.#holderOf(blob);
    const { start, end = blob.size } = range ?? { start: 0 };
    const pieces = this.#pieces(reader, blob, { start, end, signal });
    return await begun(range === undefined ? verifiedContent(blob, pieces, `reading from ${path}`) : pieces);
  }

  async #holderOf({ digest, size }: BlobIdentity): Promise<OpenBundle> {
    for (const bundle of this.#bundles) if ((await bundle.reader.sizeOf(digest)) === size) return bundle;
    const paths = this.#bundles.map(({ path }) => path).join(', ');
    throw new PaletteEdgeError('BLOB_NOT_FOUND', `reading from ${paths}: ${digest} is not there`, {
      kind: 'notFound',
    });
  }

  async *#pieces(
    reader: BundleReader,
    blob: BlobIdentity,
    { start, end, signal }: Part,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    for (let position = start; position < end; position += pieceSize) {
      const part = { start: position, end: Math.min(position + pieceSize, end) };
      // A copy: a view would keep the whole frame.
      yield await this.#limited(async () => await reader.copy(blob, part, signal));
    }
  }
}

interface Part {
  readonly start: number;
  readonly end: number;
  readonly signal: AbortSignal | undefined;
}

/** A frame in the file and its content; frames of other tools may be so large that it is one at a time. */
function framesAtOnce(bundles: readonly OpenBundle[]): number {
  const sizes = bundles.map(({ reader: { frames } }) => frames.contentSize(Math.min(1, frames.count - 1)));
  const fitting = Math.floor(workingBytes / (2 * Math.max(1, ...sizes)));
  return Math.min(mostAtOnce, Math.max(1, fitting));
}

async function begun(content: AsyncIterable<Uint8Array>): Promise<AsyncIterable<Uint8Array>> {
  const iterator = content[Symbol.asyncIterator]();
  const first = await iterator.next();
  return (async function* () {
    try {
      for (let next = first; next.done !== true; next = await iterator.next()) yield next.value;
    } finally {
      await iterator.return?.();
    }
  })();
}
