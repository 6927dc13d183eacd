import type { Inventory } from '../bundle/inventory.ts';
import type { BaseBundle } from '../bundle/squeezed-inventory.ts';
import { digestHex, digestOf } from '../oci/digest.ts';

/** How bases are told apart. */
export function baseOf({
  inventory: { name },
  inventoryBytes,
}: {
  readonly inventory: Pick<Inventory, 'name'>;
  readonly inventoryBytes: Uint8Array;
}): BaseBundle {
  const inventory = digestOf(inventoryBytes);
  return { name, id: digestHex(inventory).slice(0, 8), inventory };
}
