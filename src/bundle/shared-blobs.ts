import type { FileHandle } from 'node:fs/promises';

import type { BlobReader } from '../oci/blob-access.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import type { BlobStretch } from './section-stretches.ts';
import { SharedBlob } from './shared-blob.ts';
import type { SpilledStretch } from './shared-blob.ts';

/** What large blobs are read from, and where stretches of them wait. */
export interface SharedBlobsOptions {
  readonly blobs: BlobReader;
  /** Blobs of more bytes are shared. */
  readonly frameContent: number;
  readonly createSpill: () => Promise<FileHandle>;
  readonly signal: AbortSignal;
}

/**
 * The blobs that go into many frames. Each is read once, however many there are: to read them from their beginning for every frame would take
 * time in proportion to the square of their size.
 */
export class SharedBlobs implements AsyncDisposable {
  readonly #options: SharedBlobsOptions;
  readonly #shared = new Map<Digest, SharedBlob>();

  constructor(options: SharedBlobsOptions) {
    this.#options = options;
  }

  isShared({ size }: BlobIdentity): boolean {
    return size > this.#options.frameContent;
  }

  /** A stretch of a shared blob, which begins where the one before ended. Its file is the caller's. */
  async take({ blob, start, end }: BlobStretch): Promise<SpilledStretch> {
    return await this.#sharedOf(blob).take(end - start);
  }

  /** Lets the blobs go. What was taken has to be settled. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const shared of this.#shared.values()) await shared[Symbol.asyncDispose]();
  }

  #sharedOf(blob: BlobIdentity): SharedBlob {
    const known = this.#shared.get(blob.digest);
    if (known !== undefined) return known;
    const { blobs, createSpill, signal } = this.#options;
    const open = async (): Promise<AsyncIterable<Uint8Array>> =>
      await blobs.open(blob, { signal, reusesBuffers: true });
    const shared = new SharedBlob(blob.size, open, createSpill);
    this.#shared.set(blob.digest, shared);
    return shared;
  }
}
