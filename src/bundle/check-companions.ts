import { isCompanion } from '../oci/origin.ts';
import { companionsByOwner } from './companions-by-owner.ts';
import { formatVersionOf } from './inventory.ts';
import type { Inventory } from './inventory.ts';
import { invalidInventory } from './inventory-fields.ts';

/**
 * Checks that what companions belong to is there, and that each is reached from an image that was asked for, through other
 * companions at most.
 *
 * @throws PaletteEdgeError `INVENTORY_INVALID` (kind content)
 */
export function checkCompanions(inventory: Inventory): void {
  const { images, formatVersion } = inventory;
  if (formatVersion !== formatVersionOf(inventory))
    throw invalidInventory(`format version ${formatVersion} is not that of its content`);
  const byOwner = companionsByOwner(images);
  const known = new Set(images.map(({ reference }) => reference));
  const missing = [...byOwner.keys()].find((owner) => !known.has(owner));
  if (missing !== undefined) throw invalidInventory(`it has companions of ${missing}, but not that itself`);
  const reached = new Set(images.filter((image) => !isCompanion(image)).map(({ reference }) => reference));
  // A set is iterated to its end, what is added meanwhile included.
  for (const owner of reached) for (const companion of byOwner.get(owner) ?? []) reached.add(companion);
  const lost = images.findIndex(({ reference }) => !reached.has(reference));
  if (lost !== -1) throw invalidInventory(`images[${lost}] belongs to no image that was asked for`);
}
