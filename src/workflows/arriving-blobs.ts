import type { BlobReader, OpenBlobOptions } from '../oci/blob-access.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';

/** Blobs that are still on their way: opening one waits until it is said to have arrived. */
export class ArrivingBlobs implements BlobReader {
  readonly #blobs: BlobReader;
  readonly #arrivals = new Map<Digest, PromiseWithResolvers<void>>();

  /** @param blobs where they arrive */
  constructor(blobs: BlobReader) {
    this.#blobs = blobs;
  }

  arrive(digest: Digest): void {
    this.#arrival(digest).resolve();
  }

  async sizeOf(digest: Digest, signal?: AbortSignal): Promise<number | undefined> {
    return await this.#blobs.sizeOf(digest, signal);
  }

  async open(blob: BlobIdentity, options: OpenBlobOptions = {}): Promise<AsyncIterable<Uint8Array>> {
    const { signal } = options;
    signal?.throwIfAborted();
    const aborted = Promise.withResolvers<never>();
    const abort = (): void => aborted.reject(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    try {
      await Promise.race([this.#arrival(blob.digest).promise, aborted.promise]);
    } finally {
      signal?.removeEventListener('abort', abort);
    }
    return await this.#blobs.open(blob, options);
  }

  #arrival(digest: Digest): PromiseWithResolvers<void> {
    const known = this.#arrivals.get(digest);
    if (known !== undefined) return known;
    const arrival = Promise.withResolvers<void>();
    this.#arrivals.set(digest, arrival);
    return arrival;
  }
}
