import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';

import type { LayerToSqueeze, PatchToPlan } from '../bundle/plan-squeezed-bundle.ts';
import { PatchThread } from '../delta/patch-thread.ts';
import type { OldFile } from '../delta/patch-thread.ts';
import { runLimited } from '../io/run-limited.ts';
import { writeAll } from '../io/write-all.ts';
import type { BlobReader } from '../oci/blob-access.ts';
import { toDigest } from '../oci/digest.ts';
import type { SqueezeThreads } from '../squeeze/squeeze-threads.ts';
import { mostAlike } from './alike-layers.ts';
import type { BaseLayer } from './alike-layers.ts';
import type { PlainTars } from './plain-tars.ts';

/** A patch, and the file that it is in. */
export interface MadePatch extends PatchToPlan {
  readonly file: FileHandle;
}

/** What patches are made with. */
export interface PatchContext {
  /** The blobs of the plain bundle. */
  readonly blobs: BlobReader;
  readonly olds: readonly BaseLayer[];
  readonly tars: PlainTars;
  readonly threads: SqueezeThreads;
  /** Patches made at a time, each in a thread of its own that needs about 200 MB. Changes the speed, never the bytes. */
  readonly concurrency: number;
  readonly createSpill: () => Promise<FileHandle>;
  /** Told how many more bytes of gzip layers were compared. */
  readonly onBytes: (count: number) => void;
  readonly signal: AbortSignal;
}

/** A patch that has so much of the layer in it is not worth the base. */
const mostInserted = 0.8;

/**
 * Describes what layers decompress to by what layers of bases do.
 *
 * @param sketchOf tells which are alike
 * @returns patches that are worth it, in the order of the layers; whoever gets them closes their files
 */
export async function makePatches(
  layers: readonly LayerToSqueeze[],
  sketchOf: (layer: LayerToSqueeze) => Uint32Array,
  context: PatchContext,
): Promise<MadePatch[]> {
  const { concurrency, signal, olds, onBytes } = context;
  const firsts = new Map(layers.toReversed().map((layer) => [layer.plain.digest, layer]));
  const made: MadePatch[] = [];
  const idle: PatchThread[] = [];
  try {
    const patches = await runLimited(layers, { concurrency, signal }, async (layer, own) => {
      // Of equal tars one patch suffices.
      const alike = firsts.get(layer.plain.digest) === layer ? mostAlike(sketchOf(layer), olds) : [];
      const how = { ...context, idle, signal: own };
      const patch = alike.length === 0 ? undefined : await makePatch(layer, alike, how);
      if (patch !== undefined) made.push(patch);
      onBytes(layer.size);
      return patch;
    });
    return patches.filter((patch) => patch !== undefined);
  } catch (error) {
    for (const { file } of made) await file.close();
    throw error;
  } finally {
    await Promise.all(idle.map(async (thread) => await thread.end()));
  }
}

interface LayerContext extends PatchContext {
  /** Threads that have nothing to do. */
  readonly idle: PatchThread[];
}

async function makePatch(
  layer: LayerToSqueeze,
  olds: readonly BaseLayer[],
  { blobs, tars, threads, idle, createSpill, signal }: LayerContext,
): Promise<MadePatch | undefined> {
  await using held = new AsyncDisposableStack();
  const contents: OldFile[] = [];
  for (const { reader, digest, size } of olds)
    contents.push(held.use(await tars.hold(reader, { digest, size }, signal)).tar.old);
  const file = await createSpill();
  const thread = idle.pop() ?? new PatchThread();
  // It may have long work to do before it answers.
  const stop = (): void => void thread.end();
  signal.addEventListener('abort', stop, { once: true });
  try {
    const output = new PatchFile(file);
    const { digest, size } = layer;
    const newTar = threads.inflate(await blobs.open({ digest, size }, { signal }), signal);
    const { inserted } = await thread.make(contents, newTar, async (bytes) => await output.write(bytes));
    idle.push(thread);
    if (inserted <= layer.plain.size * mostInserted)
      return { ...output.identity(), plain: layer.plain, olds: olds.map((old) => old.digest), file };
  } catch (error) {
    // It may be reading what is closed now.
    await thread.end();
    await file.close();
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
  await file.close();
  return undefined;
}

/** Writes a patch into a file while it is made. */
class PatchFile {
  readonly #file: FileHandle;
  readonly #hash = createHash('sha256');
  #size = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#hash.update(bytes);
    await writeAll(this.#file, bytes, this.#size);
    this.#size += bytes.length;
  }

  identity(): Pick<MadePatch, 'digest' | 'size'> {
    return { digest: toDigest(this.#hash.digest('hex')), size: this.#size };
  }
}
