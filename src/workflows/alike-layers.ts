import type { BundleReader } from '../bundle/bundle-reader.ts';
import { isGzipLayerType } from '../bundle/rewrite-images.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { LayerSketch, resemblance } from '../squeeze/layer-sketch.ts';
import type { SqueezeThreads } from '../squeeze/squeeze-threads.ts';
import type { KnownAnalyses } from './analyze-layers.ts';
import type { DeltaBase } from './delta-bases.ts';

/** A layer of a base. */
export interface BaseLayer extends BlobIdentity {
  readonly reader: BundleReader;
  /** Of what it decompresses to. */
  readonly sketch: Uint32Array;
}

/** What layers of bases are looked at with. */
export interface SketchContext {
  readonly threads: SqueezeThreads;
  readonly known?: KnownAnalyses | undefined;
  /** Told how many more bytes of layers were looked at. */
  readonly onBytes: (count: number) => void;
  readonly signal: AbortSignal;
}

/** What is smaller is not worth a patch. */
const leastBytes = 4096;
/** Layers that a patch is made against. */
const mostOlds = 2;
/** Less in common is found by chance. */
const leastResemblance = 0.01;

/** The gzip layers of bases that are worth comparing with, each once. */
export function layersOfBases(bases: readonly DeltaBase[]): Omit<BaseLayer, 'sketch'>[] {
  const layers = new Map<Digest, Omit<BaseLayer, 'sketch'>>();
  for (const { reader, inventory } of bases)
    for (const { digest, size, role, mediaType } of reader === undefined ? [] : inventory.blobs)
      if (reader !== undefined && role === 'layer' && size >= leastBytes && isGzipLayerType(mediaType))
        layers.set(digest, layers.get(digest) ?? { digest, size, reader });
  return [...layers.values()];
}

/** Reads layers of bases, and sees what is in them. One that cannot be read is left out. */
export async function sketchLayers(
  layers: readonly Omit<BaseLayer, 'sketch'>[],
  { threads, known, onBytes, signal }: SketchContext,
): Promise<BaseLayer[]> {
  const sketched: BaseLayer[] = [];
  for (const layer of layers) {
    signal.throwIfAborted();
    const { digest, size, reader } = layer;
    const before = await known?.find({ digest, size });
    const sketch = before?.outcome === 'described' ? before.sketch : await sketchOf(layer, threads, signal);
    onBytes(size);
    if (sketch !== undefined) sketched.push({ digest, size, reader, sketch });
  }
  return sketched;
}

/** The layers of bases that are most like what a layer decompresses to, the most alike first. The result does not depend on their order. */
export function mostAlike(sketch: Uint32Array, layers: readonly BaseLayer[]): BaseLayer[] {
  return layers
    .map((layer) => ({ layer, alike: resemblance(sketch, layer.sketch) }))
    .filter(({ alike }) => alike >= leastResemblance)
    .toSorted((left, right) => right.alike - left.alike || (left.layer.digest < right.layer.digest ? -1 : 1))
    .slice(0, mostOlds)
    .map(({ layer }) => layer);
}

async function sketchOf(
  { digest, size, reader }: Omit<BaseLayer, 'sketch'>,
  threads: SqueezeThreads,
  signal: AbortSignal,
): Promise<Uint32Array | undefined> {
  const sketch = new LayerSketch();
  const holder = reader.holderOf(digest);
  const plain =
    holder.plainOf(digest, 0, signal) ??
    threads.inflate(await holder.open({ digest, size }, { signal }), signal);
  try {
    for await (const piece of plain) sketch.update(piece);
  } catch {
    signal.throwIfAborted();
    // It is no gzip, or damaged: nothing is described by it.
    return undefined;
  }
  return sketch.values();
}
