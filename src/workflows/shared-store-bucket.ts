import { createHash } from 'node:crypto';

import { PaletteEdgeError } from '../errors.ts';
import { begun } from '../io/begun.ts';
import type { S3Bucket } from '../object-store/s3-bucket.ts';
import { formatS3Url } from '../object-store/s3-place.ts';
import { isUploadEnded } from '../object-store/s3-uploads.ts';
import type { UploadedPart } from '../object-store/s3-uploads.ts';
import { partsOf } from '../object-store/upload-parts.ts';
import type { OpenBlobOptions } from '../oci/blob-access.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import { digestHex } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import { verifiedContent } from '../oci/verified-content.ts';
import type { BlobToShare, SharedStore } from '../store-sharing/shared-store.ts';

/** How blobs are cut for a bucket, in bytes. */
export interface BucketLimits {
  /** The largest blob that is sent in one piece; at most 5 GiB (AmazonS3, PutObject). */
  readonly wholeSize: number;
  /** Of a part, unless there would be too many; at least 5 MiB. One of each blob under way is in memory. */
  readonly partSize: number;
}

const mebibyte = 1024 * 1024;
const defaultLimits: BucketLimits = { wholeSize: 1024 * mebibyte, partSize: 16 * mebibyte };

/**
 * A place in a bucket as a shared store: `blobs/sha256/<hex>`, as in an OCI image layout. An object appears when all of it is there, and what
 * a killed builder has sent of one is in nobody's way.
 */
export function sharedBucket(bucket: S3Bucket, limits: BucketLimits = defaultLimits): SharedStore {
  const name = formatS3Url(bucket.place);
  return {
    name,
    // Nothing much is listed, and what is wrong is told in full: an answer to HEAD has no words.
    check: async (signal) => {
      for await (const _ of bucket.list(`${folder}/0000000000000000`, signal)) return;
    },
    sizeOf: async (digest, signal) => (await bucket.head(keyOf(digest), signal ?? forever()))?.size,
    open: async (blob, options = {}) => await openObject(bucket, blob, options),
    put: async (share, signal) => {
      const { blob, isReplacement } = share;
      const there = isReplacement ? undefined : await bucket.head(keyOf(blob.digest), signal);
      if (there?.size === blob.size) return 0;
      if (blob.size <= limits.wholeSize) await putWhole(bucket, share, signal);
      else await putInParts(bucket, { ...share, partSize: limits.partSize }, signal);
      return blob.size;
    },
    // Nothing is collected in a bucket but what its owner says.
    keep: async () => await Promise.resolve(),
  };
}

const folder = 'blobs/sha256';

function keyOf(digest: Digest): string {
  return `${folder}/${digestHex(digest)}`;
}

function forever(): AbortSignal {
  return new AbortController().signal;
}

async function openObject(
  bucket: S3Bucket,
  blob: BlobIdentity,
  { range, signal = forever() }: OpenBlobOptions,
): Promise<AsyncIterable<Uint8Array>> {
  const { start: from, end: to = blob.size } = range ?? { start: 0 };
  try {
    // Begun here, so that a missing blob is told by `open`. No more than the blob is read, however much is there.
    const content = await begun(bucket.get(keyOf(blob.digest), { from, to }, signal));
    return range === undefined
      ? verifiedContent(blob, content, `reading from ${formatS3Url(bucket.place)}`)
      : content;
  } catch (error) {
    if (!(error instanceof PaletteEdgeError) || error.code !== 'S3_OBJECT_NOT_FOUND') throw error;
    const { message, suggestions } = error;
    throw new PaletteEdgeError('BLOB_NOT_FOUND', message, { kind: 'notFound', cause: error, suggestions });
  }
}

/** The server compares what it got with the digest before the object appears. */
async function putWhole(bucket: S3Bucket, { blob, source }: BlobToShare, signal: AbortSignal): Promise<void> {
  const open = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    yield* await source.open(blob, { range: { start: 0 }, signal });
  };
  const sha256 = digestHex(blob.digest);
  await bucket.put(keyOf(blob.digest), { body: { length: blob.size, open }, sha256 }, signal);
}

/** The server compares each part with what was read of it; here the whole is compared with the digest before they are put together. */
async function putInParts(
  bucket: S3Bucket,
  { blob, source, partSize }: BlobToShare & { readonly partSize: number },
  signal: AbortSignal,
): Promise<void> {
  const uploads = bucket.uploads(keyOf(blob.digest), signal);
  const uploadId = await uploads.start(digestHex(blob.digest));
  try {
    const parts: UploadedPart[] = [];
    const content = await source.open(blob, { range: { start: 0 }, signal });
    for await (const body of partsOf(verifiedContent(blob, content, 'reading the store'), blob, partSize)) {
      const sha256 = createHash('sha256').update(body).digest('hex');
      parts.push(await uploads.uploadPart(uploadId, { number: parts.length + 1, body, sha256 }));
    }
    await uploads.complete(uploadId, parts).catch(async (error: unknown) => {
      const there = isUploadEnded(error) ? await bucket.head(keyOf(blob.digest), signal) : undefined;
      if (there?.size !== blob.size) throw error;
    });
  } catch (error) {
    // Else its parts would be kept, and paid for, until somebody cleans up. After an interruption nobody waits for that.
    if (!signal.aborted) await uploads.abort(uploadId).catch(() => undefined);
    throw error;
  }
}
