import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

import { PaletteEdgeError, wordDiskError } from '../errors.ts';
import { untilAborted } from '../io/until-aborted.ts';
import { writeAll } from '../io/write-all.ts';
import type { BlobReader, OpenBlobOptions } from '../oci/blob-access.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { requireSpillFolder } from './require-spill-folder.ts';
import { openSpillFile } from './spill-file.ts';
import { wordSpillError } from './word-spill-error.ts';

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

  constructor(options: RestoredLayersOptions) {
    this.#options = options;
  }

  /**
   * Makes sure that files can be made in the folder: whoever asks for a layer later could do nothing about it.
   *
   * @throws PaletteEdgeError of kind disk, `FILE_NOT_FOUND`, `NOT_A_FOLDER`
   */
  async checkFolder(): Promise<void> {
    const { folder } = this.#options;
    await requireSpillFolder(folder, actionIn(folder));
  }

  /**
   * A layer, or a range of it. The last bytes of the layer come only when all of it is verified.
   *
   * @throws what restoring throws, or `DISK_…` when there is no space for it
   */
  async *open(
    reader: Pick<BlobReader, 'open'>,
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
      await this.#afterUse(layer);
    }
  }

  /** Ends what is being restored, and gives the space back. */
  async [Symbol.asyncDispose](): Promise<void> {
    const layers = [...this.#layers.values()];
    this.#layers.clear();
    await Promise.all(layers.map(async (layer) => await layer.close()));
  }

  #begin(reader: Pick<BlobReader, 'open'>, blob: BlobIdentity): RestoredLayer {
    const makeRoom = async (): Promise<boolean> => await this.#forgetDownTo(0);
    const layer = new RestoredLayer(blob, { folder: this.#options.folder, makeRoom });
    void this.#fill(layer, reader);
    return layer;
  }

  async #fill(layer: RestoredLayer, reader: Pick<BlobReader, 'open'>): Promise<void> {
    await layer.fill(reader);
    // Whoever reads it is told of a failure; whoever comes next tries again.
    if (!layer.isComplete) this.#forget(layer);
    await this.#afterUse(layer);
  }

  /** To be called whenever less is needed than before: nobody reads a layer any more, or it is complete. */
  async #afterUse(layer: RestoredLayer): Promise<void> {
    if (layer.users === 0 && !layer.isComplete && this.#bytesInUse(layer) > this.#options.limit)
      this.#forget(layer);
    if (layer.users === 0 && this.#layers.get(layer.blob.digest) !== layer) await layer.close();
    await this.#forgetDownTo(this.#options.limit);
  }

  #forget(layer: RestoredLayer): void {
    if (this.#layers.get(layer.blob.digest) === layer) this.#layers.delete(layer.blob.digest);
  }

  /** What cannot be given back, this layer included. */
  #bytesInUse(layer: RestoredLayer): number {
    const used = [...this.#layers.values()].filter(
      (each) => each === layer || each.users > 0 || !each.isComplete,
    );
    return sizeOf(used);
  }

  /**
   * Gives back what nobody reads, until no more than these bytes are left or the rest is in use.
   *
   * @returns whether anything was given back
   */
  async #forgetDownTo(limit: number): Promise<boolean> {
    const forgotten: RestoredLayer[] = [];
    let bytes = sizeOf([...this.#layers.values()]);
    for (const layer of this.#layers.values()) {
      if (bytes <= limit) break;
      if (layer.users > 0 || !layer.isComplete) continue;
      this.#forget(layer);
      bytes -= layer.blob.size;
      forgotten.push(layer);
    }
    await Promise.all(forgotten.map(async (layer) => await layer.close()));
    return forgotten.length > 0;
  }
}

function sizeOf(layers: readonly RestoredLayer[]): number {
  return layers.reduce((sum, { blob }) => sum + blob.size, 0);
}

interface LayerPlace {
  readonly folder: string;
  /** Called when the disk is full. Says whether there is more space now. */
  readonly makeRoom: () => Promise<boolean>;
}

/** One layer and the file that it is in. */
class RestoredLayer {
  readonly blob: BlobIdentity;
  /** Who reads it now. */
  users = 0;
  isComplete = false;
  readonly #place: LayerPlace;
  readonly #closing = new AbortController();
  #filling: Promise<void> | undefined;
  #file: FileHandle | undefined;
  #written = 0;
  #failure: { readonly error: unknown } | undefined;
  #news = Promise.withResolvers<void>();

  constructor(blob: BlobIdentity, place: LayerPlace) {
    this.blob = blob;
    this.#place = place;
  }

  /** Restores it into its file. A failure is told to whoever reads it. */
  async fill(reader: Pick<BlobReader, 'open'>): Promise<void> {
    this.#filling = this.#fill(reader).catch((error: unknown) => {
      this.#failure = { error: wordSpillError(error, actionIn(this.#place.folder)) };
    });
    await this.#filling;
    this.#tell();
  }

  async #fill(reader: Pick<BlobReader, 'open'>): Promise<void> {
    const { signal } = this.#closing;
    const file = await openSpillFile(spillPath(this.#place.folder));
    this.#file = file;
    for await (const piece of await reader.open(this.blob, { signal })) {
      await this.#write(file, piece);
      this.#written += piece.length;
      this.#tell();
    }
    this.isComplete = true;
  }

  async #write(file: FileHandle, piece: Uint8Array): Promise<void> {
    try {
      await writeAll(file, piece, this.#written);
    } catch (error) {
      if (!isDiskFull(error) || !(await this.#place.makeRoom())) throw error;
      await writeAll(file, piece, this.#written);
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

  /** Gives up filling it, when that is under way, and gives its space back. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#filling;
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  #tell(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers<void>();
  }
}

function spillPath(folder: string): string {
  return join(folder, 'palette-edge-layer');
}

function isDiskFull(error: unknown): boolean {
  const worded = wordDiskError(error, 'writing');
  return worded instanceof PaletteEdgeError && worded.code === 'DISK_FULL';
}

function actionIn(folder: string): string {
  return `restoring layers in ${folder}`;
}
