import type { PaletteEdgeError } from '../errors.ts';
import { runLimited } from '../io/run-limited.ts';
import type { BlobReader } from '../oci/blob-access.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import { formatRepository } from '../oci/reference.ts';
import type { Reference } from '../oci/reference.ts';
import type { UploadReport } from '../registry/blob-upload.ts';
import type { RegistryPusher } from '../registry/registry-pusher.ts';
import { blobPlace } from './ask-target.ts';
import { isFailureOfOne } from './image-failure.ts';
import type { BlobToSend } from './plan-push.ts';
import type { PushListener } from './push-event.ts';

/** What sending blobs did. */
export interface SendReport {
  /** All bytes of blobs that were sent, in vain as well. */
  readonly bytesSent: number;
  /** In how many places blobs were uploaded. */
  readonly uploaded: number;
  /** In how many places blobs were mounted from another repository. */
  readonly mounted: number;
}

/** Blobs that are pushed. */
export interface PushedBlobs extends BlobReader {
  /** Whether parts of a blob cost no more to read than all of it. */
  hasCheapParts(blob: BlobIdentity): Promise<boolean>;
}

/** The parts of sending blobs. */
export interface SendOptions {
  readonly pusher: RegistryPusher;
  readonly blobs: PushedBlobs;
  readonly concurrency: number;
  readonly signal: AbortSignal;
  readonly listener: PushListener;
  /** Told of every place that has its blob now, or why not. */
  readonly onPlace: (place: string, error: PaletteEdgeError | undefined) => void;
}

type Repository = Pick<Reference, 'registry' | 'repository'>;

/**
 * Brings blobs to where they are missing, in the order given: each is sent once, and mounted from there into the other repositories.
 * One that fails does not stop the others.
 *
 * @throws what is no failure of one blob: a disk that cannot be read, an interruption, a bug
 */
export async function pushBlobs(queue: readonly BlobToSend[], options: SendOptions): Promise<SendReport> {
  const reports: UploadReport[] = [];
  /** Repositories that are not there, or that we may not write to: each is asked once, not once for each blob. */
  const denied = new Map<string, PaletteEdgeError>();
  await runLimited(queue, options, async (item, signal) => {
    let { heldBy } = item;
    for (const repository of item.missingIn) {
      const place = blobPlace(repository, item.blob.digest);
      try {
        const denial = denied.get(formatRepository(repository));
        if (denial !== undefined) throw denial;
        reports.push(await pushBlob(item, { repository, mountFrom: heldBy }, { ...options, signal }));
        heldBy ??= repository.repository;
        options.onPlace(place, undefined);
      } catch (error) {
        if (!isFailureOfOne(error)) throw error;
        if (isClosed(error)) denied.set(formatRepository(repository), error);
        options.onPlace(place, error);
      }
    }
  });
  return {
    bytesSent: reports.reduce((sum, { bytesSent }) => sum + bytesSent, 0),
    uploaded: reports.filter(({ how }) => how === 'uploaded').length,
    mounted: reports.filter(({ how }) => how === 'mounted').length,
  };
}

function isClosed({ kind, code }: PaletteEdgeError): boolean {
  return kind === 'authentication' || code === 'REPOSITORY_NOT_FOUND';
}

async function pushBlob(
  { blob }: BlobToSend,
  { repository, mountFrom }: { readonly repository: Repository; readonly mountFrom: string | undefined },
  { pusher, blobs, listener, signal }: SendOptions,
): Promise<UploadReport> {
  const { digest } = blob;
  listener({ kind: 'blob-started', blob, repository: formatRepository(repository) });
  try {
    return await pusher.pushBlob({
      repository,
      blob,
      mountFrom,
      open: async (range) => await blobs.open(blob, { range, signal }),
      onBytes: (count) => listener({ kind: 'blob-bytes', digest, count }),
      isLasting: await blobs.hasCheapParts(blob),
      signal,
    });
  } finally {
    listener({ kind: 'blob-finished', digest });
  }
}
