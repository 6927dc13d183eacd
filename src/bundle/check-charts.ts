import { isCompanion } from '../oci/origin.ts';
import { isChart } from './inventory.ts';
import type { Inventory } from './inventory.ts';
import { invalidInventory } from './inventory-fields.ts';

/**
 * Checks that each chart is one of the images, in order, and that every image that is a chart is told of.
 *
 * @throws PaletteEdgeError `INVENTORY_INVALID` (kind content)
 */
export function checkCharts({ charts, images }: Inventory): void {
  const found = images.filter((image) => isChart(image) && !isCompanion(image));
  const isSame = charts.every(
    ({ reference, digest }, index) => found[index]?.reference === reference && found[index].digest === digest,
  );
  if (charts.length !== found.length || !isSame)
    throw invalidInventory('its charts are not those of its images');
}
