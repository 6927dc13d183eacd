import { clashingName } from '../io/raw-file-name.ts';
import type { BundledRawFile, Inventory } from './inventory.ts';
import { invalidInventory } from './inventory-fields.ts';

/** The media type of the blob of a raw file: nobody looks into it. */
export const rawFileMediaType = 'application/octet-stream';

/**
 * Checks that raw files are in order, that their blobs are there, and that every blob that is only a file has a name.
 *
 * @throws PaletteEdgeError `INVENTORY_INVALID` (kind content)
 */
export function checkRawFiles({ rawFiles = [], blobs }: Inventory): void {
  const sizes = new Map(blobs.map(({ digest, size }) => [digest, size]));
  for (const [index, { name, digest, size }] of rawFiles.entries()) {
    const previous = rawFiles[index - 1]?.name;
    if (previous !== undefined && previous >= name)
      throw invalidInventory(`rawFiles[${index}] is not in order`);
    if (sizes.get(digest) !== size)
      throw invalidInventory(`the content of rawFiles[${index}] is not among the blobs`);
  }
  const clashing = clashingName(rawFiles.map(nameOf));
  if (clashing !== undefined) throw invalidInventory(`the raw file ${clashing} is in the way of another one`);
  const named = new Set(rawFiles.map(({ digest }) => digest));
  const lost = blobs.find(({ role, digest }) => role === 'file' && !named.has(digest));
  if (lost !== undefined) throw invalidInventory(`${lost.digest} is said to be a raw file and has no name`);
}

function nameOf({ name }: BundledRawFile): string {
  return name;
}
