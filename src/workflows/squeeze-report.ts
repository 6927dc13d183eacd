import type { Inventory } from '../bundle/inventory.ts';
import type { KeptLayer, SqueezedInventory } from '../bundle/squeezed-inventory.ts';
import { totalSize } from '../io/total-size.ts';
import type { Digest } from '../oci/digest.ts';
import { reportDelta } from './delta-report.ts';
import type { DeltaReport } from './delta-report.ts';

/** Layers that have something in common, and their bytes as the registry has them. */
export interface LayerCount {
  readonly layers: number;
  readonly bytes: number;
}

/** What squeezing did to the layers of a bundle. */
export interface SqueezeReport {
  /** Layers that are in the bundle as what they decompress to. */
  readonly squeezed: LayerCount;
  /** The same by what wrote them, most bytes first. */
  readonly encoders: readonly (LayerCount & { readonly encoder: string })[];
  /** Layers that stayed as they were, by the reason, most bytes first. */
  readonly kept: readonly (LayerCount & { readonly reason: string })[];
  /** Bytes of all blobs as registries have them. */
  readonly contentSize: number;
  /** Of a delta bundle. */
  readonly delta?: DeltaReport | undefined;
}

/** Counts what an inventory of a squeezed bundle, or the plan of one, says of its layers. */
export function reportSqueezing(
  {
    layers,
    kept,
  }: { readonly layers: readonly { size: number; encoder: string }[]; readonly kept: readonly KeptLayer[] },
  { blobs }: Pick<Inventory, 'blobs'>,
): SqueezeReport {
  const sizes = new Map<Digest, number>(blobs.map(({ digest, size }) => [digest, size]));
  const keptSizes = kept.map(({ digest, reason }) => ({ reason, size: sizes.get(digest) ?? 0 }));
  return {
    squeezed: count(layers),
    encoders: [...Map.groupBy(layers, ({ encoder }) => encoder)]
      .map(([encoder, those]) => ({ encoder, ...count(those) }))
      .toSorted(byBytes),
    kept: [...Map.groupBy(keptSizes, ({ reason }) => reason)]
      .map(([reason, those]) => ({ reason, ...count(those) }))
      .toSorted(byBytes),
    contentSize: totalSize(blobs),
  };
}

/** As {@link reportSqueezing}, of a bundle that is there; undefined of a plain one. */
export function reportSqueezed(
  squeezed: SqueezedInventory | undefined,
  inventory: Pick<Inventory, 'blobs'>,
): SqueezeReport | undefined {
  return squeezed === undefined ? undefined : reportStored(squeezed, inventory);
}

/** As {@link reportSqueezing}, with what a delta bundle takes of its bases. */
export function reportStored(stored: SqueezedInventory, inventory: Pick<Inventory, 'blobs'>): SqueezeReport {
  return { ...reportSqueezing(stored, inventory), delta: reportDelta(stored, inventory) };
}

function count(layers: readonly { readonly size: number }[]): LayerCount {
  return { layers: layers.length, bytes: totalSize(layers) };
}

function byBytes(left: LayerCount, right: LayerCount): number {
  return right.bytes - left.bytes;
}
