import type { Digest } from '../oci/digest.ts';
import { resemblance } from './layer-sketch.ts';

/** A layer and what tells how alike it is to others. */
export interface LayerToOrder {
  readonly digest: Digest;
  /** Bytes that it decompresses to. */
  readonly size: number;
  /** Of a {@link LayerSketch}; empty when it is not known. */
  readonly sketch: Uint32Array;
}

/** How far back zstd finds repeats, in bytes. */
const reach = 128 * 1024 * 1024;
/** Comparing each with each takes too long for more: the rest stays in the order of sizes. */
const mostCompared = 1000;

/**
 * An order in which layers that are alike lie close together, for a compressor that looks back 128 MiB: behind each comes the one of which most
 * is in what came before, as far as the window reaches. The result does not depend on the order of the layers.
 */
export function orderLayers(layers: readonly LayerToOrder[]): Digest[] {
  const bySize = layers.toSorted(
    (left, right) => right.size - left.size || (left.digest < right.digest ? -1 : 1),
  );
  const left = new Set(bySize.slice(0, mostCompared));
  const shared = new Map<LayerToOrder, number>();
  const ordered: LayerToOrder[] = [];
  let windowStart = 0;
  let windowSize = 0;
  while (left.size > 0) {
    const next = mostShared(left, shared);
    left.delete(next);
    ordered.push(next);
    for (const other of left) add(shared, other, commonBytes(next, other));
    windowSize += next.size;
    while (windowSize > reach && windowStart < ordered.length - 1) {
      const gone = ordered[windowStart];
      windowStart += 1;
      if (gone === undefined) break;
      windowSize -= gone.size;
      for (const other of left) add(shared, other, -commonBytes(gone, other));
    }
  }
  return [...ordered, ...bySize.slice(mostCompared)].map(({ digest }) => digest);
}

/** The one of which the largest part is in the window; the first, which is the largest, when nothing is. */
function mostShared(
  left: ReadonlySet<LayerToOrder>,
  shared: ReadonlyMap<LayerToOrder, number>,
): LayerToOrder {
  let best: LayerToOrder | undefined;
  let most = -1;
  for (const layer of left) {
    const part = Math.round(Math.min(1, (shared.get(layer) ?? 0) / Math.max(1, layer.size)) * 1000);
    if (part <= most) continue;
    best = layer;
    most = part;
  }
  if (best === undefined) throw new TypeError('there is no layer');
  return best;
}

/** Bytes that two layers have in common, as their sketches tell. */
function commonBytes(left: LayerToOrder, right: LayerToOrder): number {
  const part = resemblance(left.sketch, right.sketch);
  return (part / (1 + part)) * (left.size + right.size);
}

function add(sums: Map<LayerToOrder, number>, layer: LayerToOrder, bytes: number): void {
  sums.set(layer, (sums.get(layer) ?? 0) + bytes);
}
