import { hashHere } from '../io/hash-thread.ts';
import type { Hasher } from '../io/hash-thread.ts';
import type { BlobReader, BlobWriter, OpenBlobOptions } from '../oci/blob-access.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { BufferPool } from './buffer-pool.ts';
import { ingestBlob } from './ingest-blob.ts';
import type { IngestReport } from './ingest-blob.ts';
import { noteUse } from './last-use.ts';
import type { IncomingBlob } from './partial-file.ts';
import { listPartials, removeStalePartials } from './partial-blobs.ts';
import { restoreForgotten } from './pruned-blobs.ts';
import { openStoredBlob } from './read-blob.ts';
import { removeDeadLeases } from './read-leases.ts';
import { openStoreLayout } from './store-layout.ts';
import { StoreLease } from './store-lease.ts';
import { onStoreDisk, readingFrom } from './store-side.ts';
import { storedSize } from './stored-size.ts';

export type { IngestReport } from './ingest-blob.ts';

/** How a blob is ingested. */
export interface IngestOptions {
  readonly signal?: AbortSignal;
  /** Told of bytes that were received, not of those that a partial blob had. */
  readonly onBytes?: (count: number) => void;
}

/**
 * Blobs on this machine, by digest, in a folder that is a valid OCI image layout. Any number of processes may use one
 * folder at once, and any of them may be killed: docs/store-format.md says why nothing is lost.
 *
 * Pruning leaves every blob alone that was asked for, opened or ingested here, until this is disposed of or the process ends.
 */
export class BlobStore implements BlobReader, BlobWriter, AsyncDisposable {
  /** As it was given. */
  readonly folder: string;
  readonly #hasher: Hasher;
  readonly #pool = new BufferPool();
  readonly #lease: StoreLease;
  readonly #noted = new Set<Digest>();

  private constructor(folder: string, hasher: Hasher) {
    this.folder = folder;
    this.#hasher = hasher;
    this.#lease = new StoreLease(folder);
  }

  /**
   * Makes the folder a store, or opens the one that it is, and removes what nobody will go on with.
   *
   * @param hasher hashes large blobs as they come in
   * @throws PaletteEdgeError `NOT_A_STORE`, `STORE_VERSION_UNSUPPORTED`, `NOT_A_FOLDER` (kind usage); `DISK_…`
   */
  static async open(folder: string, hasher: Hasher = hashHere): Promise<BlobStore> {
    await openStoreLayout(folder);
    await onStoreDisk(`opening the store ${folder}`, async () => {
      await removeStalePartials(folder);
      await restoreForgotten(folder);
      await removeDeadLeases(folder);
    });
    return new BlobStore(folder, hasher);
  }

  /** The blob's size in bytes, or undefined when it is not here. Does not read the content. */
  async sizeOf(digest: Digest, signal?: AbortSignal): Promise<number | undefined> {
    signal?.throwIfAborted();
    // Before it is looked for: docs/store-format.md.
    await this.#lease.hold(digest);
    return await storedSize(this.folder, digest);
  }

  /**
   * Opens a blob, or a range of it, as {@link BlobReader.open} says. A whole blob whose bytes turn out to be damaged is
   * removed, so that it is pulled again; the error says so.
   */
  async open(blob: BlobIdentity, options: OpenBlobOptions = {}): Promise<AsyncIterable<Uint8Array>> {
    await this.#lease.hold(blob.digest);
    const content = await openStoredBlob(this.folder, blob, options);
    if (!this.#noted.has(blob.digest)) {
      this.#noted.add(blob.digest);
      await noteUse(this.folder, blob.digest);
    }
    return content;
  }

  /** Takes a blob in, as {@link BlobWriter.ingest} says. The content of one that is already here is not read. */
  async ingest(blob: BlobIdentity, content: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<void> {
    const openFrom = async () => await Promise.resolve(content);
    await ingestBlob(this.#incoming(blob, signal), { openFrom, canResume: false });
  }

  /**
   * Takes a blob in, going on from what an earlier run or another process has of it. What is received before a failure
   * is kept for the next run.
   *
   * @param openFrom gives the blob from a position to its end; not called when nothing is missing. It takes the same
   *   signal: here it is only looked at between bytes
   * @throws PaletteEdgeError kind content when the content does not match the digest or size, kind disk; whatever
   *   `openFrom` and its content throw
   */
  async ingestFrom(
    blob: BlobIdentity,
    openFrom: (start: number) => Promise<AsyncIterable<Uint8Array>>,
    { signal, onBytes }: IngestOptions = {},
  ): Promise<IngestReport> {
    return await ingestBlob(this.#incoming(blob, signal), { openFrom, canResume: true, onBytes });
  }

  /** How many bytes of incomplete blobs are here to go on from, by digest: of each the largest partial blob. */
  async partialSizes(): Promise<ReadonlyMap<Digest, number>> {
    const sizes = new Map<Digest, number>();
    const partials = await onStoreDisk(readingFrom(this.folder), async () => await listPartials(this.folder));
    for (const { digest, size } of partials) sizes.set(digest, Math.max(size, sizes.get(digest) ?? 0));
    return sizes;
  }

  /** Lets go of all blobs. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lease[Symbol.asyncDispose]();
  }

  #incoming(blob: BlobIdentity, signal: AbortSignal | undefined): IncomingBlob {
    return { folder: this.folder, blob, signal, hasher: this.#hasher, pool: this.#pool, lease: this.#lease };
  }
}
