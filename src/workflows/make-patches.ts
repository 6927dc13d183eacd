import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';

import type { LayerToSqueeze, PatchToPlan } from '../bundle/plan-squeezed-bundle.ts';
import { createPatchWriter } from '../delta/patch-writer.ts';
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
  const patches: MadePatch[] = [];
  const done = new Set<string>();
  try {
    for (const layer of layers) {
      context.signal.throwIfAborted();
      const olds = done.has(layer.plain.digest) ? [] : mostAlike(sketchOf(layer), context.olds);
      done.add(layer.plain.digest);
      const patch = olds.length === 0 ? undefined : await makePatch(layer, olds, context);
      if (patch !== undefined) patches.push(patch);
      context.onBytes(layer.size);
    }
  } catch (error) {
    for (const { file } of patches) await file.close();
    throw error;
  }
  return patches;
}

async function makePatch(
  layer: LayerToSqueeze,
  olds: readonly BaseLayer[],
  { blobs, tars, threads, createSpill, signal }: PatchContext,
): Promise<MadePatch | undefined> {
  await using held = new AsyncDisposableStack();
  const contents = [];
  for (const { reader, digest, size } of olds)
    contents.push(held.use(await tars.hold(reader, { digest, size }, signal)).tar.old);
  const file = await createSpill();
  try {
    const output = new PatchFile(file);
    const writer = createPatchWriter(contents, (bytes) => output.take(bytes));
    const { digest, size } = layer;
    for await (const piece of threads.inflate(await blobs.open({ digest, size }, { signal }), signal)) {
      writer.write(piece);
      await output.flush();
      // Everything else in this thread has its turn, too.
      await turn();
    }
    const { inserted } = writer.finish();
    await output.flush();
    if (inserted <= layer.plain.size * mostInserted)
      return { ...output.identity(), plain: layer.plain, olds: olds.map((old) => old.digest), file };
  } catch (error) {
    await file.close();
    throw error;
  }
  await file.close();
  return undefined;
}

/** Writes a patch into a file while it is made. */
class PatchFile {
  readonly #file: FileHandle;
  readonly #hash = createHash('sha256');
  readonly #pending: Uint8Array[] = [];
  #size = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  take(bytes: Uint8Array): void {
    this.#pending.push(bytes);
  }

  async flush(): Promise<void> {
    for (const bytes of this.#pending.splice(0)) {
      this.#hash.update(bytes);
      await writeAll(this.#file, bytes, this.#size);
      this.#size += bytes.length;
    }
  }

  identity(): Pick<MadePatch, 'digest' | 'size'> {
    return { digest: toDigest(this.#hash.digest('hex')), size: this.#size };
  }
}
