import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

import type { BundleReader } from '../bundle/bundle-reader.ts';
import { invalidPatch } from '../delta/invalid-patch.ts';
import type { OldTarAccess } from '../delta/old-tar.ts';
import type { OldFile } from '../delta/patch-thread.ts';
import { writeAll } from '../io/write-all.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import type { SqueezeThreads } from '../squeeze/squeeze-threads.ts';
import { openSpillFile } from './spill-file.ts';
import { wordSpillError } from './word-spill-error.ts';

/** Bytes of files that nobody uses at the moment. */
const mostKept = 4 * 1024 ** 3;

/** A layer that is decompressed. */
export interface GzipLayer extends BlobIdentity {
  /** Bytes that it decompresses to, where a patch says it; no more are written. */
  readonly plainSize?: number | undefined;
}

/** What layers of bases are read from: a bundle, which may take them from others itself, or what stands for one. */
export interface LayerSource {
  readonly holderOf: (digest: Digest) => Pick<BundleReader, 'open' | 'plainOf'>;
}

/** A file that somebody uses. */
export interface HeldTar extends AsyncDisposable {
  readonly tar: SpilledTar;
}

interface KeptTar {
  readonly tar: Promise<SpilledTar>;
  /** The same, once it is there. */
  filled?: SpilledTar;
  users: number;
}

/** Decompressed layers of bases: patches read them anywhere, and gzip can only be read from its beginning. */
export class PlainTars implements AsyncDisposable {
  readonly #folder: string;
  readonly #threads: () => SqueezeThreads;
  readonly #mostKept: number;
  /** The one that was used last is the last one. */
  readonly #tars = new Map<Digest, KeptTar>();

  /**
   * @param folder on a disk; the files in it have no names
   * @param most bytes of files that nobody uses at the moment
   */
  constructor(folder: string, threads: () => SqueezeThreads, most = mostKept) {
    this.#folder = folder;
    this.#threads = threads;
    this.#mostKept = most;
  }

  /** Bytes of files that there are at most at a time when layers of these sizes are held, two at a time. */
  static spaceFor(sizes: readonly number[]): number {
    const total = sizes.reduce((sum, size) => sum + size, 0);
    return Math.min(total, mostKept + 2 * Math.max(0, ...sizes));
  }

  /**
   * The decompressed layer of a bundle. It is kept at least until this is disposed of.
   *
   * @throws what reading it throws, `PATCH_INVALID` (kind content) when it gives more than a patch says, or `DISK_…` when there is no
   *   space for it
   */
  async hold(reader: LayerSource, layer: GzipLayer, signal: AbortSignal): Promise<HeldTar> {
    for (;;) {
      signal.throwIfAborted();
      const begun = this.#tars.get(layer.digest);
      const kept = begun ?? this.#begin(reader, layer, signal);
      this.#tars.delete(layer.digest);
      this.#tars.set(layer.digest, kept);
      kept.users += 1;
      const release = async (): Promise<void> => {
        kept.users -= 1;
        await this.#forgetOldest();
      };
      try {
        return { tar: await kept.tar, [Symbol.asyncDispose]: release };
      } catch (error) {
        this.#forget(layer.digest, kept);
        // Whoever had begun it went away, or it failed for them: that is no failure of this one yet.
        if (begun === undefined) throw error;
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const tars = [...this.#tars.values()];
    this.#tars.clear();
    for (const { tar } of tars) await tar.then(async (each) => await each.close()).catch(() => undefined);
  }

  #begin(reader: LayerSource, layer: GzipLayer, signal: AbortSignal): KeptTar {
    const kept: KeptTar = { tar: this.#spill(reader, layer, signal), users: 0 };
    kept.tar.then(
      (tar) => (kept.filled = tar),
      () => this.#forget(layer.digest, kept),
    );
    return kept;
  }

  #forget(digest: Digest, kept: KeptTar): void {
    if (this.#tars.get(digest) === kept) this.#tars.delete(digest);
  }

  async #spill(reader: LayerSource, layer: GzipLayer, signal: AbortSignal): Promise<SpilledTar> {
    try {
      const file = await openSpillFile(join(this.#folder, 'palette-edge-base'));
      try {
        const content = bounded(await this.#content(reader, layer, signal), layer);
        return new SpilledTar(file, await this.#fill(file, content));
      } catch (error) {
        await file.close();
        throw error;
      }
    } catch (error) {
      throw wordSpillError(error, `decompressing a layer of a base in ${this.#folder}`);
    }
  }

  async #content(
    reader: LayerSource,
    layer: BlobIdentity,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array>> {
    const holder = reader.holderOf(layer.digest);
    return (
      holder.plainOf(layer.digest, 0, signal) ??
      this.#threads().inflate(await holder.open(layer, { signal }), signal)
    );
  }

  async #fill(file: FileHandle, content: AsyncIterable<Uint8Array>): Promise<number> {
    let size = 0;
    for await (const piece of content) {
      await writeAll(file, piece, size);
      size += piece.length;
    }
    return size;
  }

  /** Waits for none that is being filled: it may wait for whoever called this. */
  async #forgetOldest(): Promise<void> {
    let bytes = [...this.#tars.values()].reduce((sum, { filled }) => sum + (filled?.size ?? 0), 0);
    for (const [digest, { filled, users }] of this.#tars) {
      if (bytes <= this.#mostKept) return;
      if (users > 0 || filled === undefined) continue;
      this.#tars.delete(digest);
      bytes -= filled.size;
      await filled.close();
    }
  }
}

/** A digest is known to be wrong at the end only, and the disk could be full before that. */
async function* bounded(
  content: AsyncIterable<Uint8Array>,
  { digest, plainSize = Number.POSITIVE_INFINITY }: GzipLayer,
): AsyncGenerator<Uint8Array, void, undefined> {
  let size = 0;
  for await (const piece of content) {
    size += piece.length;
    if (size > plainSize)
      throw invalidPatch(
        `${digest} must decompress to ${plainSize} bytes, and what was read of it gives more`,
      );
    yield piece;
  }
}

/** A file of {@link PlainTars}. */
export class SpilledTar {
  /** Bytes. */
  readonly size: number;
  readonly #file: FileHandle;

  constructor(file: FileHandle, size: number) {
    this.#file = file;
    this.size = size;
  }

  /** For a writer of patches: it is open until this is closed. */
  get old(): OldFile {
    return { fd: this.#file.fd, size: this.size };
  }

  /** For who applies a patch. */
  get access(): OldTarAccess {
    return {
      size: this.size,
      read: async (position, length) => {
        const bytes = Buffer.allocUnsafeSlow(length);
        let filled = 0;
        while (filled < length) {
          const { bytesRead } = await this.#file.read(bytes, filled, length - filled, position + filled);
          if (bytesRead === 0) throw new Error('a file of our own has become shorter');
          filled += bytesRead;
        }
        return bytes;
      },
    };
  }

  /** Its bytes from the beginning. */
  async *pieces(): AsyncGenerator<Uint8Array, void, undefined> {
    const { access } = this;
    const most = 1024 * 1024;
    for (let position = 0; position < this.size; position += most)
      yield await access.read(position, Math.min(most, this.size - position));
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}
