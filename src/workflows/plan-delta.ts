import type { FileHandle } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

import { planSqueezedBundle } from '../bundle/plan-squeezed-bundle.ts';
import type { LayerToSqueeze } from '../bundle/plan-squeezed-bundle.ts';
import { totalSize } from '../io/total-size.ts';
import type { BlobReader, OpenBlobOptions } from '../oci/blob-access.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { verifiedContent } from '../oci/verified-content.ts';
import { layersOfBases, sketchLayers } from './alike-layers.ts';
import { analyzeLayers } from './analyze-layers.ts';
import type { AnalyzedLayers } from './analyze-layers.ts';
import { baseOf } from './base-identity.ts';
import { inBases } from './delta-bases.ts';
import type { DeltaBase } from './delta-bases.ts';
import { distinctLayers } from './distinct-layers.ts';
import { layersToSqueeze } from './layers-to-squeeze.ts';
import { makePatches } from './make-patches.ts';
import type { MadePatch } from './make-patches.ts';
import { orderLongBlobs } from './order-long-blobs.ts';
import { PlainTars, SpilledTar } from './plain-tars.ts';
import type { PlainBundle, SqueezeContext, SqueezedOutput } from './plan-squeezing.ts';
import { SqueezedBlobs } from './squeezed-blobs.ts';
import { openSpillFile } from './spill-file.ts';
import { reportStored } from './squeeze-report.ts';
import { wordSpillError } from './word-spill-error.ts';

/** What a delta bundle is made with, besides what squeezing needs. */
export interface DeltaContext extends SqueezeContext {
  readonly bases: readonly DeltaBase[];
  /** On a disk: layers of bases and patches are put there, in files without names. */
  readonly folder: string;
}

/**
 * What images say that their layers decompress to is of no interest: it counts where manifests are rewritten for other tools, and those read
 * no delta bundle. What a recipe restores is checked by the digest of the layer.
 */
const nothingSaid: ReadonlyMap<Digest, ReadonlySet<Digest>> = new Map();

/** A delta bundle, ready to be written. Disposing gives the space of its patches back. */
export interface DeltaOutput extends SqueezedOutput, AsyncDisposable {}

/**
 * Plans the bundle that holds what its bases lack: blobs that they do not have, and of layers that are like theirs, what is different.
 *
 * @throws what reading blobs and bases throws, and `DISK_…` when there is no space for layers of bases, or patches
 */
export async function planDelta(plain: PlainBundle, context: DeltaContext): Promise<DeltaOutput> {
  const { inventory, blobs, writing } = plain;
  const { threads, bases, tool } = context;
  const taken = inventory.blobs.filter(inBases(bases)).map(({ digest, size }) => ({ digest, size }));
  const isTaken = new Set(taken.map(({ digest }) => digest));
  const left = { blobs: inventory.blobs.filter(({ digest }) => !isTaken.has(digest)) };
  const { gzip, uncompressed, zstd } = layersToSqueeze(left);
  const olds = gzip.length === 0 ? [] : layersOfBases(bases);
  context.onStart(totalSize(olds) + 2 * totalSize(gzip));
  const analyzed = distinctLayers(
    await analyzeLayers(gzip, {
      ...context,
      blobs,
      concurrency: availableParallelism(),
      expected: nothingSaid,
    }),
    left,
  );
  const patches = await patchesOf(analyzed, { ...plain, olds }, context);
  await using files = new AsyncDisposableStack();
  for (const { file } of patches) files.use(file);
  const whole = [...uncompressed, ...analyzed.layers.map(({ plain: tar }) => tar)];
  const long = orderLongBlobs(inLongFrames(whole, patches), analyzed.sketches);
  const kept = [...analyzed.kept, ...zstd.map(({ digest }) => ({ digest, reason: 'zstd' }))];
  const plan = planSqueezedBundle({
    plain,
    writing,
    tool,
    layers: analyzed.layers,
    kept,
    long,
    rewritten: new Map(),
    graphs: new Map(),
    delta: { bases: bases.map(baseOf), taken, patches },
  });
  return deltaOutput(plain, { plan, layers: analyzed.layers, patches, files: files.move(), threads });
}

/** What layers of bases make of layers that are in none; whoever gets it closes the files. */
async function patchesOf(
  { layers, sketches }: AnalyzedLayers,
  {
    inventory,
    blobs,
    olds,
  }: Pick<PlainBundle, 'inventory' | 'blobs'> & { readonly olds: ReturnType<typeof layersOfBases> },
  context: DeltaContext,
): Promise<MadePatch[]> {
  const { folder, threads } = context;
  const sketched = await sketchLayers(olds, context);
  await using tars = new PlainTars(folder, () => threads);
  const createSpill = async (): Promise<FileHandle> =>
    await openSpillFile(join(folder, 'palette-edge-patch'));
  try {
    return await makePatches(
      worthPatching(layers, inventory),
      ({ plain: tar }) => sketches.get(tar.digest) ?? new Uint32Array(),
      { ...context, blobs, olds: sketched, tars, concurrency: patchesAtOnce(), createSpill },
    );
  } catch (error) {
    throw wordSpillError(error, `writing changes to layers of bases into ${folder}`);
  }
}

/** Each has some 200 MB in memory. */
const mostPatchesAtOnce = 2;

function patchesAtOnce(): number {
  return Math.min(mostPatchesAtOnce, availableParallelism());
}

/** What writes a delta bundle that is planned. */
function deltaOutput(
  { blobs, inventory }: PlainBundle,
  {
    plan,
    layers,
    patches,
    files,
    threads,
  }: Pick<SqueezedOutput, 'plan'> & {
    readonly layers: readonly LayerToSqueeze[];
    readonly patches: readonly MadePatch[];
    readonly files: AsyncDisposable;
    readonly threads: SqueezeContext['threads'];
  },
): DeltaOutput {
  const stored = new SqueezedBlobs({ blobs, made: plan.made, layers, threads });
  return {
    plan,
    blobs: new PatchedBlobs(stored, patches),
    report: reportStored(plan.inventory, inventory),
    [Symbol.asyncDispose]: async () => await files[Symbol.asyncDispose](),
  };
}

/** Of what is a blob itself, and so there anyway, no patch is of use. */
function worthPatching(
  layers: readonly LayerToSqueeze[],
  { blobs }: Pick<PlainBundle['inventory'], 'blobs'>,
): LayerToSqueeze[] {
  const digests = new Set<Digest>(blobs.map(({ digest }) => digest));
  return layers.filter(({ plain: tar }) => !digests.has(tar.digest));
}

/** What goes into long frames: patches stand for what they give. */
function inLongFrames(
  whole: readonly BlobIdentity[],
  patches: readonly MadePatch[],
): readonly BlobIdentity[] {
  const patched = new Set(patches.map(({ plain: tar }) => tar.digest));
  return [...whole.filter(({ digest }) => !patched.has(digest)), ...patches];
}

/** The blobs of a delta bundle, patches among them. */
class PatchedBlobs implements BlobReader {
  readonly #blobs: BlobReader;
  readonly #patches: ReadonlyMap<Digest, MadePatch>;

  constructor(blobs: BlobReader, patches: readonly MadePatch[]) {
    this.#blobs = blobs;
    this.#patches = new Map(patches.map((patch) => [patch.digest, patch]));
  }

  async sizeOf(digest: Digest): Promise<number | undefined> {
    return this.#patches.get(digest)?.size ?? (await this.#blobs.sizeOf(digest));
  }

  async open(blob: BlobIdentity, options?: OpenBlobOptions): Promise<AsyncIterable<Uint8Array>> {
    const patch = this.#patches.get(blob.digest);
    if (patch === undefined) return await this.#blobs.open(blob, options);
    return verifiedContent(blob, new SpilledTar(patch.file, patch.size).pieces(), 'reading a patch');
  }
}
