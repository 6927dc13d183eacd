import type { LayerToSqueeze } from '../bundle/plan-squeezed-bundle.ts';
import { largestRecipe } from '../bundle/squeezed-inventory.ts';
import type { KeptLayer } from '../bundle/squeezed-inventory.ts';
import type { BundledBlob } from '../bundle/inventory.ts';
import { runLimited } from '../io/run-limited.ts';
import type { BlobReader } from '../oci/blob-access.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import type { Analysis } from '../squeeze/analysis.ts';
import type { SqueezeThreads } from '../squeeze/squeeze-threads.ts';

/** What layers are looked at with. */
export interface AnalyzeContext {
  readonly blobs: BlobReader;
  readonly threads: SqueezeThreads;
  /** Layers at a time. */
  readonly concurrency: number;
  /** What images say that layers decompress to. */
  readonly expected: ReadonlyMap<Digest, ReadonlySet<Digest>>;
  /** Recipes that were found before. */
  readonly known?: KnownAnalyses | undefined;
  /** Told how many more bytes of layers were looked at. */
  readonly onBytes: (count: number) => void;
  readonly signal: AbortSignal;
}

/** Remembers what came of looking at layers, between runs. */
export interface KnownAnalyses {
  find(layer: BlobIdentity): Promise<Analysis | undefined>;
  keep(layer: BlobIdentity, analysis: Analysis): Promise<void>;
}

/** What is done with each layer, in the order of the layers. */
export interface AnalyzedLayers {
  readonly layers: readonly LayerToSqueeze[];
  readonly kept: readonly KeptLayer[];
  /** Of what layers decompress to, by its digest: tells which are alike. */
  readonly sketches: ReadonlyMap<Digest, Uint32Array>;
}

/** Looks for a recipe of every layer. The largest come first: one that comes last would keep one thread busy, and the others idle. */
export async function analyzeLayers(
  gzip: readonly BundledBlob[],
  context: AnalyzeContext,
): Promise<AnalyzedLayers> {
  const { concurrency, signal } = context;
  const bySize = gzip.toSorted((left, right) => right.size - left.size);
  const found = await runLimited(bySize, { concurrency, signal }, async (layer, jobSignal) => ({
    layer,
    analysis: await analyze(layer, { ...context, signal: jobSignal }),
  }));
  const layers: LayerToSqueeze[] = [];
  const kept: KeptLayer[] = [];
  const sketches = new Map<Digest, Uint32Array>();
  for (const { layer, analysis } of found) {
    const reason = keptReason(layer, analysis, context);
    if (reason !== undefined) kept.push({ digest: layer.digest, reason });
    if (reason !== undefined || analysis.outcome === 'kept') continue;
    const { digest, size } = layer;
    sketches.set(analysis.plain.digest, analysis.sketch);
    layers.push({ digest, size, plain: analysis.plain, recipe: analysis.recipe, encoder: analysis.encoder });
  }
  return { layers, kept, sketches };
}

async function analyze(layer: BundledBlob, context: AnalyzeContext): Promise<Analysis> {
  const { blobs, threads, known, onBytes, signal } = context;
  const before = await known?.find(layer);
  if (before !== undefined) {
    onBytes(layer.size);
    return before;
  }
  let told = 0;
  const open = async function* (jobSignal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    let read = 0;
    for await (const piece of await blobs.open(layer, { signal: jobSignal })) {
      read += piece.length;
      // It may be read again: every byte is told of once.
      if (read > told) {
        onBytes(read - told);
        told = read;
      }
      yield piece;
    }
  };
  const analysis = await threads.analyze(layer, open, { signal });
  onBytes(layer.size - told);
  await known?.keep(layer, analysis);
  return analysis;
}

/** Why a layer is not squeezed; undefined when it is. */
function keptReason(
  { digest, size }: BundledBlob,
  analysis: Analysis,
  { expected }: AnalyzeContext,
): string | undefined {
  if (analysis.outcome === 'kept') return analysis.reason;
  if (analysis.recipe.length > largestRecipe(size)) return 'large-recipe';
  const said = expected.get(digest);
  const isAsSaid = said === undefined || (said.size === 1 && said.has(analysis.plain.digest));
  return isAsSaid ? undefined : 'wrong-diff-id';
}
