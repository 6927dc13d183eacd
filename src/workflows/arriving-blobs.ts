import { untilAborted } from '../io/until-aborted.ts';
import type { BlobReader, OpenBlobOptions } from '../oci/blob-access.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';

/** How a blob came to be there. */
export interface Arrival {
  /** Whether this very process hashed it when it came in. */
  readonly isHashed: boolean;
}

/**
 * Blobs that are still on their way: opening one waits until it is said to have arrived. What was hashed on its way is not
 * hashed again.
 */
export class ArrivingBlobs implements BlobReader {
  readonly #blobs: BlobReader;
  readonly #arrivals = new Map<Digest, PromiseWithResolvers<Arrival>>();

  /** @param blobs where they arrive */
  constructor(blobs: BlobReader) {
    this.#blobs = blobs;
  }

  arrive(digest: Digest, arrival: Arrival): void {
    this.#arrival(digest).resolve(arrival);
  }

  async sizeOf(digest: Digest, signal?: AbortSignal): Promise<number | undefined> {
    return await this.#blobs.sizeOf(digest, signal);
  }

  async open(blob: BlobIdentity, options: OpenBlobOptions = {}): Promise<AsyncIterable<Uint8Array>> {
    const { isHashed } = await untilAborted(this.#arrival(blob.digest).promise, options.signal);
    // A range is checked by its length only.
    const range = isHashed ? (options.range ?? { start: 0 }) : options.range;
    return await this.#blobs.open(blob, { ...options, range });
  }

  #arrival(digest: Digest): PromiseWithResolvers<Arrival> {
    const known = this.#arrivals.get(digest);
    if (known !== undefined) return known;
    const arrival = Promise.withResolvers<Arrival>();
    this.#arrivals.set(digest, arrival);
    return arrival;
  }
}
