import pLimit from 'p-limit';

import type { BundleReader } from '../bundle/bundle-reader.ts';
import { FrameCache } from '../bundle/frame-cache.ts';
import { PaletteEdgeError } from '../errors.ts';
import { begun } from '../io/begun.ts';
import type { BlobReader, OpenBlobOptions } from '../oci/blob-access.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { onePiece } from '../oci/one-piece.ts';
import { verifiedContent } from '../oci/verified-content.ts';
import { leastPiece, PieceBudget } from './piece-budget.ts';
import type { RestoredLayers } from './restored-layers.ts';

/** A bundle that is open, and its path as the user wrote it. */
export interface OpenBundle {
  readonly path: string;
  readonly reader: BundleReader;
}

/**
 * What all clients hold, in bytes, however slowly they take it, but for {@link leastPiece} of each. With pieces smaller than frames a frame
 * is decompressed again for each of its pieces as soon as there are more clients than frames are kept.
 */
const usualPieces = 48 * 1024 * 1024;
/** Frames that are kept for the next request, in bytes: what many clients read is held by them already. */
const usualCache = 16 * 1024 * 1024;
/** What all clients together may have decompressed at a time besides the frames that readers remember, in bytes. */
const workingBytes = 64 * 1024 * 1024;
const mostAtOnce = 3;
/** What is elsewhere and no larger, in bytes, is not kept: of manifests there are many, and a file for each would be too many. */
const mostUnkept = 64 * 1024;

/** How much memory many clients may take. */
export interface BundleBlobsOptions {
  /** Decompressed frames of all bundles, however many they are. */
  readonly cache?: FrameCache;
  /** Bytes of all pieces that clients hold together, but for {@link leastPiece} of each. */
  readonly pieces?: number;
  /** Keeps layers of squeezed bundles that were restored. Unless it is given, each is restored whenever it is asked for. */
  readonly restored?: RestoredLayers | undefined;
}

/**
 * The blobs of some bundles, for many clients at once. What memory is needed does not depend on how large blobs are, and on
 * the clients only by a small piece for each.
 */
export class BundleBlobs implements BlobReader {
  readonly #bundles: readonly OpenBundle[];
  readonly #limited: ReturnType<typeof pLimit>;
  readonly #budget: PieceBudget;
  readonly #restored: RestoredLayers | undefined;

  constructor(
    bundles: readonly OpenBundle[],
    { cache = new FrameCache(usualCache), pieces = usualPieces, restored }: BundleBlobsOptions = {},
  ) {
    this.#bundles = bundles;
    this.#restored = restored;
    this.#budget = new PieceBudget(pieces);
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
    if (reader.isSqueezed(blob.digest) || isElsewhere(reader, blob))
      return await begun(await this.#made(reader, blob, options));
    const { start, end = blob.size } = range ?? { start: 0 };
    const pieces = this.#pieces(reader, blob, { start, end, signal });
    return await begun(range === undefined ? verifiedContent(blob, pieces, `reading from ${path}`) : pieces);
  }

  /** What cannot be read at any place. */
  async #made(
    reader: BundleReader,
    blob: BlobIdentity,
    options: OpenBlobOptions,
  ): Promise<AsyncIterable<Uint8Array>> {
    if (isElsewhere(reader, blob) && blob.size <= mostUnkept) return await inMemory(reader, blob, options);
    return this.#restored?.open(reader, blob, options) ?? (await reader.open(blob, options));
  }

  async #holderOf({ digest, size }: BlobIdentity): Promise<OpenBundle> {
    for (const { path, reader } of this.#bundles)
      if ((await reader.sizeOf(digest)) === size) return { path, reader: reader.holderOf(digest) };
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
    const share = this.#budget.join(signal);
    try {
      for (let position = start; position < end;) {
        // A copy: a view would keep the whole frame.
        const piece = await this.#limited(async () => {
          const length = share.take(Math.min(end, reader.frameEnd(blob, position)) - position);
          return await reader.copy(blob, { start: position, end: position + length }, signal);
        });
        position += piece.length;
        yield* slices(piece);
      }
    } finally {
      share.leave();
    }
  }
}

/** Whether a blob is in no bundle, and whoever knows more gives it. */
function isElsewhere(reader: BundleReader, { digest }: BlobIdentity): boolean {
  return !reader.isSqueezed(digest) && reader.needsBases(digest);
}

/** Whoever takes it slowly does not hold the connection that it comes from. */
async function inMemory(
  reader: BundleReader,
  blob: BlobIdentity,
  options: OpenBlobOptions,
): Promise<AsyncIterable<Uint8Array>> {
  const pieces: Uint8Array[] = [];
  for await (const piece of await reader.open(blob, options)) pieces.push(piece);
  return onePiece(Buffer.concat(pieces));
}

/** The last slice is a copy: whoever holds it back while the next piece is read does not hold all of this one. */
function* slices(piece: Uint8Array): Generator<Uint8Array, void, undefined> {
  const rest = piece.length - leastPiece;
  for (let start = 0; start < rest; start += leastPiece)
    yield piece.subarray(start, Math.min(rest, start + leastPiece));
  yield rest > 0 ? Uint8Array.from(piece.subarray(rest)) : piece;
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
