import { availableParallelism } from 'node:os';

import { bareGraph } from '../bundle/bare-graph.ts';
import { readHeldImage } from '../bundle/image-content.ts';
import type { Inventory } from '../bundle/inventory.ts';
import { planSqueezedBundle } from '../bundle/plan-squeezed-bundle.ts';
import type { LayerToSqueeze, SqueezedContentPlan, SqueezedPlan } from '../bundle/plan-squeezed-bundle.ts';
import { rewriteImages } from '../bundle/rewrite-images.ts';
import type { PlainWriting } from '../bundle/squeezed-inventory.ts';
import { totalSize } from '../io/total-size.ts';
import type { BlobReader } from '../oci/blob-access.ts';
import type { Digest } from '../oci/digest.ts';
import type { ImageGraph } from '../oci/image-graph.ts';
import { readWholeBlob } from '../oci/read-whole-blob.ts';
import { SqueezeThreads } from '../squeeze/squeeze-threads.ts';
import { analyzeLayers } from './analyze-layers.ts';
import type { AnalyzedLayers, KnownAnalyses } from './analyze-layers.ts';
import { distinctLayers } from './distinct-layers.ts';
import { expectedPlain, layersToSqueeze } from './layers-to-squeeze.ts';
import { orderLongBlobs } from './order-long-blobs.ts';
import { SqueezedBlobs } from './squeezed-blobs.ts';
import { reportSqueezing } from './squeeze-report.ts';
import type { SqueezeReport } from './squeeze-report.ts';

/** A plain bundle that is squeezed: it need not have been written. */
export interface PlainBundle {
  readonly inventory: Inventory;
  readonly inventoryBytes: Uint8Array;
  /** What is in its slot for signatures. */
  readonly signature?: Uint8Array | undefined;
  /** Of its head, by path. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** How it is written, or would be. */
  readonly writing: PlainWriting;
  readonly blobs: BlobReader;
}

/** What squeezing is done with. */
export interface SqueezeContext {
  readonly tool: Inventory['tool'];
  readonly threads: SqueezeThreads;
  readonly known?: KnownAnalyses | undefined;
  /** Told how many bytes of layers are going to be looked at. */
  readonly onStart: (total: number) => void;
  /** Told how many more were. */
  readonly onBytes: (count: number) => void;
  readonly signal: AbortSignal;
}

/** A squeezed bundle, ready to be written. */
export interface SqueezedOutput {
  readonly plan: SqueezedPlan;
  /** Of the squeezed bundle. */
  readonly blobs: BlobReader;
  readonly report: SqueezeReport;
}

/** Threads that squeeze: as many as there are processors. */
export function squeezeThreads(): SqueezeThreads {
  return new SqueezeThreads(availableParallelism());
}

/**
 * Looks for a recipe of every gzip layer of a bundle, and plans the bundle that has the tars in their place.
 *
 * @throws what reading the blobs throws
 */
export async function planSqueezing(plain: PlainBundle, context: SqueezeContext): Promise<SqueezedOutput> {
  const { inventory, blobs, writing } = plain;
  const { threads, signal } = context;
  const graphs = await readGraphs(plain, signal);
  const { gzip, uncompressed, zstd } = layersToSqueeze(inventory);
  context.onStart(totalSize(gzip));
  const expected = await expectedPlain(graphs.values(), blobs, signal);
  const concurrency = availableParallelism();
  const analyzed = distinctLayers(
    await analyzeLayers(gzip, { ...context, blobs, concurrency, expected }),
    inventory,
  );
  const kept = [...analyzed.kept, ...zstd.map(({ digest }) => ({ digest, reason: 'zstd' }))];
  const long = [...uncompressed, ...analyzed.layers.map(({ plain: tar }) => tar)];
  const content: SqueezedContentPlan = {
    plain,
    writing,
    tool: context.tool,
    layers: analyzed.layers,
    kept,
    long: orderLongBlobs(long, analyzed.sketches),
    rewritten: await rewrite(plain, analyzed, signal),
    graphs,
  };
  const plan = planSqueezedBundle(content);
  return {
    plan,
    blobs: new SqueezedBlobs({ blobs, made: plan.made, layers: analyzed.layers, threads }),
    report: reportSqueezing({ ...analyzed, kept }, inventory),
  };
}

async function readGraphs(
  { inventory, blobs }: PlainBundle,
  signal: AbortSignal,
): Promise<ReadonlyMap<Digest, ImageGraph>> {
  const graphs = new Map<Digest, ImageGraph>();
  for (const image of inventory.images) {
    signal.throwIfAborted();
    const { graph } = await readHeldImage(blobs, image, signal);
    graphs.set(image.digest, bareGraph(graph));
  }
  return graphs;
}

async function rewrite(
  { inventory, blobs }: PlainBundle,
  { layers }: AnalyzedLayers,
  signal: AbortSignal,
): Promise<SqueezedContentPlan['rewritten']> {
  const byDigest = new Map<Digest, LayerToSqueeze>(layers.map((layer) => [layer.digest, layer]));
  return await rewriteImages(inventory.images, {
    fetch: async ({ digest, size }) =>
      (await blobs.sizeOf(digest)) === size
        ? await readWholeBlob(blobs, { digest, size }, signal)
        : undefined,
    plainOf: (layer) => byDigest.get(layer)?.plain,
  });
}
