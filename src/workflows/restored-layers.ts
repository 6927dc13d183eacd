import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

import type { BundleReader } from '../bundle/bundle-reader.ts';
import { wordDiskError } from '../errors.ts';
import { untilAborted } from '../io/until-aborted.ts';
import { writeAll } from '../io/write-all.ts';
import type { OpenBlobOptions } from '../oci/blob-access.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { openSpillFile } from './spill-file.ts';

/** Where restored layers are kept. */
export interface RestoredLayersOptions {
  /** A folder on a disk. The files in it have no names. */
  readonly folder: string;
  /** Bytes of all that nobody reads at the moment; a single larger one is kept as long as it is read. */
  readonly limit: number;
}

/** Bytes that are read at a time. */
const pieceSize = 128 * 1024;

/**
 * Layers of squeezed bundles that were restored for somebody, in files: the next one, and whoever wants a part of it, need not wait again. It is
 * read while it is being restored.
 */
export class RestoredLayers implements AsyncDisposable {
  readonly #options: RestoredLayersOptions;
  /** The one that was used last is the last one. */
  readonly #layers = new Map<Digest, RestoredLayer>();
  readonly #ended = new AbortController();

  constructor(options: RestoredLayersOptions) {
    this.#options = options;
  }

  /**
   * A layer, or a range of it. The last bytes of the layer come only when all of it is verified.
   *
   * @throws what restoring throws, or `DISK_…` when there is no space for it
   */
  async *open(
    reader: BundleReader,
    blob: BlobIdentity,
    { range, signal = new AbortController().signal }: OpenBlobOptions,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const layer = this.#layers.get(blob.digest) ?? this.#begin(reader, blob);
    this.#layers.delete(blob.digest);
    this.#layers.set(blob.digest, layer);
    const { start, end = blob.size } = range ?? { start: 0 };
    layer.users += 1;
    try {
      yield* layer.read(start, end, signal);
    } finally {
      layer.users -= 1;
      if (layer.users === 0 && this.#layers.get(blob.digest) !== layer) await layer.close();
      await this.#forgetOldest();
    }
  }

  /** Ends what is being restored, and gives the space back. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    await Promise.all([...this.#layers.values()].map(async (layer) => await layer.close()));
    this.#layers.clear();
  }

  #begin(reader: BundleReader, blob: BlobIdentity): RestoredLayer {
    const { folder } = this.#options;
    const layer = new RestoredLayer(blob, folder);
    layer.fill(reader, this.#ended.signal).catch(() => {
      // Whoever reads it is told; whoever comes next tries again.
      if (this.#layers.get(blob.digest) === layer) this.#layers.delete(blob.digest);
      if (layer.users === 0) void layer.close();
    });
    return layer;
  }

  async #forgetOldest(): Promise<void> {
    let bytes = [...this.#layers.values()].reduce((sum, { blob }) => sum + blob.size, 0);
    for (const [digest, layer] of this.#layers) {
      if (bytes <= this.#options.limit) return;
      if (layer.users > 0 || !layer.isComplete) continue;
      this.#layers.delete(digest);
      bytes -= layer.blob.size;
      await layer.close();
    }
  }
}

/** One layer and the file that it is in. */
class RestoredLayer {
  readonly blob: BlobIdentity;
  /** Who reads it now. */
  users = 0;
  isComplete = false;
  readonly #folder: string;
  #file: FileHandle | undefined;
  #written = 0;
  #failure: { readonly error: unknown } | undefined;
  #news = Promise.withResolvers<void>();

  constructor(blob: BlobIdentity, folder: string) {
    this.blob = blob;
    this.#folder = folder;
  }

  /** Restores it into its file. */
  async fill(reader: BundleReader, signal: AbortSignal): Promise<void> {
    try {
      this.#file = await openSpillFile(join(this.#folder, 'palette-edge-layer'));
      for await (const piece of await reader.open(this.blob, { signal })) {
        await writeAll(this.#file, piece, this.#written);
        this.#written += piece.length;
        this.#tell();
      }
      this.isComplete = true;
    } catch (error) {
      this.#failure = { error: wordDiskError(error, `restoring a layer in ${this.#folder}`) };
      throw error;
    } finally {
      this.#tell();
    }
  }

  async *read(start: number, end: number, signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    for (let position = start; position < end;) {
      signal.throwIfAborted();
      const there = this.isComplete ? this.#written : Math.min(this.#written, this.blob.size - 1);
      const length = Math.min(pieceSize, end - position, there - position);
      if (length > 0) {
        const piece = Buffer.allocUnsafeSlow(length);
        const { bytesRead } = (await this.#file?.read(piece, 0, length, position)) ?? { bytesRead: 0 };
        if (bytesRead === 0) throw new Error('a file of our own has become shorter');
        position += bytesRead;
        yield piece.subarray(0, bytesRead);
      } else if (this.#failure !== undefined) throw this.#failure.error;
      else await untilAborted(this.#news.promise, signal);
    }
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  #tell(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers<void>();
  }
}
