import type { Inventory } from '../bundle/inventory.ts';
import type { BaseBundle, SqueezedInventory } from '../bundle/squeezed-inventory.ts';
import { totalSize } from '../io/total-size.ts';
import type { Digest } from '../oci/digest.ts';

/** What a delta bundle takes of its bases. Sizes are in bytes. */
export interface DeltaReport {
  readonly bases: readonly BaseBundle[];
  /** Blobs that are in bases. */
  readonly taken: { readonly blobs: number; readonly bytes: number };
  /** Layers that are in it as changes to layers of bases. */
  readonly changed: {
    readonly layers: number;
    /** As registries have them. */
    readonly bytes: number;
    /** Of the changes, before they are compressed. */
    readonly changes: number;
  };
  /** Blobs of the whole bundle. */
  readonly blobs: number;
}

/** Counts what the inventory of a delta bundle says of its bases; undefined of another bundle. */
export function reportDelta(
  { delta, layers, blobs }: Pick<SqueezedInventory, 'delta' | 'layers' | 'blobs'>,
  plain: Pick<Inventory, 'blobs'>,
): DeltaReport | undefined {
  if (delta === undefined) return undefined;
  const { bases, taken, patches } = delta;
  const plains = new Set<Digest>(patches.map((patch) => patch.plain));
  const changed = layers.filter((layer) => plains.has(layer.plain));
  return {
    bases,
    taken: { blobs: taken.length, bytes: totalSize(taken) },
    changed: {
      layers: changed.length,
      bytes: totalSize(changed),
      changes: totalSize(blobs.filter(({ role }) => role === 'patch')),
    },
    blobs: plain.blobs.length,
  };
}
