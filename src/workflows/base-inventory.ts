import { maximumInventorySize } from '../bundle/inventory.ts';
import type { Inventory } from '../bundle/inventory.ts';
import { parseInventory } from '../bundle/parse-inventory.ts';
import { wordDiskError } from '../errors.ts';
import { readCappedFile } from '../io/read-capped-file.ts';

/** The inventory of a plain bundle, which is not here itself. */
export interface InventoryFile {
  /** As the user wrote it. */
  readonly path: string;
  readonly inventory: Inventory;
  readonly inventoryBytes: Uint8Array;
  readonly reader: undefined;
}

/** Whether what a user named as a base is the inventory of one: no bundle ends like that, but for the list of its parts. */
export function isInventoryPath(path: string): boolean {
  return /\.json$/i.test(path) && !path.endsWith('.parts.json');
}

/**
 * Reads the inventory of a plain bundle from a file of its own.
 *
 * @throws PaletteEdgeError `INVENTORY_INVALID` (kind content), or why it cannot be read
 */
export async function readInventory(path: string): Promise<InventoryFile> {
  try {
    const inventoryBytes = await readCappedFile(path, maximumInventorySize);
    return { path, inventory: parseInventory(inventoryBytes), inventoryBytes, reader: undefined };
  } catch (error) {
    throw wordDiskError(error, `reading the inventory ${path}`);
  }
}
