import type { LayerToSqueeze, SqueezedPlan } from '../bundle/plan-squeezed-bundle.ts';
import type { BlobReader, OpenBlobOptions } from '../oci/blob-access.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { verifiedContent } from '../oci/verified-content.ts';
import type { SqueezeThreads } from '../squeeze/squeeze-threads.ts';

/** What the blobs of a squeezed bundle are made from. */
export interface SqueezedBlobsOptions {
  /** The blobs of the plain bundle. */
  readonly blobs: BlobReader;
  readonly made: SqueezedPlan['made'];
  readonly layers: readonly LayerToSqueeze[];
  readonly threads: SqueezeThreads;
}

/** The blobs that a squeezed bundle holds, for writing it: whole ones only. */
export class SqueezedBlobs implements BlobReader {
  readonly #blobs: BlobReader;
  readonly #made: SqueezedPlan['made'];
  readonly #layers: ReadonlyMap<Digest, LayerToSqueeze>;
  readonly #threads: SqueezeThreads;

  constructor({ blobs, made, layers, threads }: SqueezedBlobsOptions) {
    this.#blobs = blobs;
    this.#made = made;
    this.#threads = threads;
    this.#layers = new Map(layers.map((layer) => [layer.plain.digest, layer]));
  }

  async sizeOf(digest: Digest, signal?: AbortSignal): Promise<number | undefined> {
    const here = this.#made.get(digest)?.length ?? this.#layers.get(digest)?.plain.size;
    return here ?? (await this.#blobs.sizeOf(digest, signal));
  }

  async open(blob: BlobIdentity, options: OpenBlobOptions = {}): Promise<AsyncIterable<Uint8Array>> {
    if (options.range !== undefined) throw new TypeError('only whole blobs are needed here');
    const made = this.#made.get(blob.digest);
    if (made !== undefined) return inOnePiece(made);
    // One that is a layer itself is there as it is.
    const isThere = (await this.#blobs.sizeOf(blob.digest)) === blob.size;
    const layer = isThere ? undefined : this.#layers.get(blob.digest);
    if (layer === undefined) return await this.#blobs.open(blob, options);
    const signal = options.signal ?? new AbortController().signal;
    const gzip = await this.#blobs.open({ digest: layer.digest, size: layer.size }, { signal });
    return verifiedContent(blob, this.#threads.inflate(gzip, signal), `decompressing ${layer.digest}`);
  }
}

async function* inOnePiece(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield await Promise.resolve(bytes);
}
