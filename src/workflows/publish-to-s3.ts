import { createHash } from 'node:crypto';

import pLimit from 'p-limit';

import { PaletteEdgeError } from '../errors.ts';
import type { StreamedBody } from '../http/sent-body.ts';
import { runLimited } from '../io/run-limited.ts';
import type { S3Bucket } from '../object-store/s3-bucket.ts';
import { isUploadEnded } from '../object-store/s3-uploads.ts';
import type { S3Uploads, UploadedPart } from '../object-store/s3-uploads.ts';
import { mostParts } from '../object-store/upload-parts.ts';
import { digestHex, digestOf } from '../oci/digest.ts';
import { maximumManifestSize } from '../oci/manifest.ts';
import { parsePublication } from './publish-manifest.ts';
import type { FilePiece, FileToPublish } from './publish-hash.ts';
import { readFileRange } from './publish-to-registry.ts';
import { publicationName } from './publish-target.ts';
import type { PublishTarget, Sending } from './publish-target.ts';

/** What is published where. */
export interface BucketPlace {
  readonly bucket: S3Bucket;
  /** The file name of the bundle. */
  readonly bundle: string;
  /** Requests that send, at a time. */
  readonly concurrency: number;
}

/** Of pieces, in bytes: what is lost when a connection breaks. S3 wants 5 MiB at least. */
const leastPiece = 16 * 1024 * 1024;
/** Somebody may have begun any number. */
const mostUploads = 20;

/**
 * Publishes below a prefix of a bucket: files are objects of their names, and the manifest beside them is written last. Large ones go
 * in parts: those that an earlier run sent are found by their checksums.
 */
export function s3Target({ bucket, bundle, concurrency }: BucketPlace): PublishTarget {
  const manifestName = publicationName(bundle);
  const limit = pLimit(concurrency);
  return {
    url: bucket.urlOf(bundle),
    pieceSize: s3PieceSize,
    publishedDigest: async (signal) => {
      const bytes = await bucket.readSmall(manifestName, maximumManifestSize, signal);
      return bytes === undefined ? undefined : digestOf(bytes);
    },
    stateOf: async (file, signal) => {
      const head = await bucket.head(file.name, signal);
      if (head === undefined) return 'missing';
      return head.size === file.size && head.sha256 === digestHex(file.digest) ? 'there' : 'other';
    },
    withdraw: async (files, signal) => {
      const left = await leftBehind({ bucket, bundle }, files, signal);
      await bucket.delete(manifestName, signal);
      await runLimited(left, { concurrency, signal }, async (name, each) => await bucket.delete(name, each));
    },
    send: async (file, sending) => {
      if (file.pieces.length === 1) await limit(async () => await sendWhole(bucket, file, sending));
      else await new UploadToS3({ bucket, file, sending, concurrency, limit }).run();
      await requireSent(bucket, file, sending.signal);
    },
    publish: async (manifest, signal) => {
      await bucket.put(manifestName, { body: manifest }, signal);
    },
  };
}

/** Files of what is published under the name, by names that are the bundle's own, that none of these replaces. */
async function leftBehind(
  { bucket, bundle }: Pick<BucketPlace, 'bucket' | 'bundle'>,
  files: readonly FileToPublish[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const bytes = await bucket.readSmall(publicationName(bundle), maximumManifestSize, signal);
  if (bytes === undefined) return [];
  const replaced = new Set(files.map(({ name }) => name));
  try {
    const before = parsePublication(bytes, bucket.urlOf(bundle));
    return before.files
      .map(({ name }) => name)
      .filter((name) => name.startsWith(bundle) && !replaced.has(name));
  } catch (error) {
    // Of something else, no name is ours.
    if (error instanceof PaletteEdgeError) return [];
    throw error;
  }
}

/** How large the pieces of a file are, in bytes: the same for each run, so that they are found again. */
function s3PieceSize(size: number): number {
  return Math.max(leastPiece, Math.ceil(size / mostParts));
}

async function sendWhole(bucket: S3Bucket, file: FileToPublish, { onBytes, signal }: Sending): Promise<void> {
  const body = countedBody(file, { start: 0, end: file.size }, onBytes);
  await bucket.put(file.name, { body, sha256: digestHex(file.digest) }, signal);
}

/** A stretch of a file. What a try sent in vain is taken back when the next one begins. */
function countedBody(
  { path }: FileToPublish,
  { start, end }: Pick<FilePiece, 'start' | 'end'>,
  onBytes: (count: number) => void,
): StreamedBody {
  let told = 0;
  return {
    length: end - start,
    open: async function* open() {
      onBytes(-told);
      told = 0;
      for await (const bytes of readFileRange(path, { start, end })) {
        told += bytes.length;
        onBytes(bytes.length);
        yield bytes;
      }
    },
  };
}

interface UploadParts {
  readonly bucket: S3Bucket;
  readonly file: FileToPublish;
  readonly sending: Sending;
  readonly concurrency: number;
  readonly limit: ReturnType<typeof pLimit>;
}

/** One file on its way in parts. */
class UploadToS3 {
  readonly #parts: UploadParts;

  constructor(parts: UploadParts) {
    this.#parts = parts;
  }

  async run(): Promise<void> {
    const { bucket, file, sending, concurrency } = this.#parts;
    const uploads = bucket.uploads(file.name, sending.signal);
    const { id, kept } = (await this.#found(uploads)) ?? {
      id: await uploads.start(digestHex(file.digest)),
      kept: new Map<number, UploadedPart>(),
    };
    const numbered = file.pieces.map((piece, index) => ({ piece, number: index + 1 }));
    const options = { concurrency, signal: sending.signal };
    const sent = await runLimited(numbered, options, async ({ piece, number }, signal) => {
      const there = kept.get(number);
      if (there !== undefined) return there;
      const body = countedBody(file, piece, sending.onBytes);
      const part = { number, body, sha256: piece.sha256 };
      return await this.#parts.limit(
        async () => await bucket.uploads(file.name, signal).uploadPart(id, part),
      );
    });
    await uploads.complete(id, sent).catch((error: unknown) => {
      // Whoever ended it: the object is compared with the file afterwards.
      if (!isUploadEnded(error)) throw error;
    });
  }

  /** The upload that has most of this very file; undefined when none has any. */
  async #found(
    uploads: S3Uploads,
  ): Promise<{ readonly id: string; readonly kept: Map<number, UploadedPart> } | undefined> {
    const { file, sending } = this.#parts;
    const underWay = (await uploads.list()).toSorted((one, other) => other.begun - one.begun);
    let best: { readonly id: string; readonly kept: Map<number, UploadedPart> } | undefined;
    for (const { uploadId } of underWay.slice(0, mostUploads)) {
      const kept = await this.#kept(uploads, uploadId);
      if (kept.size > (best?.kept.size ?? 0)) best = { id: uploadId, kept };
    }
    for (const number of best?.kept.keys() ?? []) sending.onKept(lengthOf(file.pieces[number - 1]));
    return best;
  }

  async #kept(uploads: S3Uploads, id: string): Promise<Map<number, UploadedPart>> {
    const kept = new Map<number, UploadedPart>();
    let parts: readonly UploadedPart[];
    try {
      parts = await uploads.parts(id);
    } catch (error) {
      if (isUploadEnded(error)) return kept;
      throw error;
    }
    for (const part of parts) {
      const piece = this.#parts.file.pieces[part.number - 1];
      if (piece !== undefined && lengthOf(piece) === part.size && (await this.#isSame(part, piece)))
        kept.set(part.number, part);
    }
    return kept;
  }

  /** By its checksum; where the server keeps none by its ETag, which is the MD5 of a part (AmazonS3 API, Object). */
  async #isSame({ sha256, etag }: UploadedPart, piece: FilePiece): Promise<boolean> {
    if (sha256 !== undefined) return Buffer.from(sha256, 'base64').toString('hex') === piece.sha256;
    const hash = createHash('md5');
    for await (const bytes of readFileRange(this.#parts.file.path, piece)) hash.update(bytes);
    return etag.replaceAll('"', '') === hash.digest('hex');
  }
}

function lengthOf(piece: FilePiece | undefined): number {
  return piece === undefined ? 0 : piece.end - piece.start;
}

/** The server compared all bytes with their digests on their way; that they are the object now is asked once more. */
async function requireSent(
  bucket: S3Bucket,
  { name, size, digest }: FileToPublish,
  signal: AbortSignal,
): Promise<void> {
  const head = await bucket.head(name, signal);
  if (head?.size === size && head.sha256 === digestHex(digest)) return;
  throw new PaletteEdgeError(
    'PUBLISHED_OTHERWISE',
    `writing to ${bucket.urlOf(name)}: there is something else now than what was sent`,
    { kind: 'content', suggestions: ['Does somebody else publish there? Run the same command again.'] },
  );
}
