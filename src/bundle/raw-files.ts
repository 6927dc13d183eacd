import type { BundledRawFile, Inventory } from './inventory.ts';
import { invalidInventory } from './inventory-fields.ts';

/** Longest name of a raw file, in characters. */
const maximumRawFileName = 200;

const component = /^(?!\.{1,2}$)[A-Za-z0-9._@+-]+$/;

/** The media type of the blob of a raw file: nobody looks into it. */
export const rawFileMediaType = 'application/octet-stream';

/**
 * Whether a raw file can be called that: a relative path of plain characters that climbs nowhere. It is a path on whatever
 * disk it is extracted to.
 */
export function isRawFileName(text: string): boolean {
  return text.length <= maximumRawFileName && text.split('/').every((part) => component.test(part));
}

/** A name that another one stands in the way of: the same one, or the name of a folder that it is in. */
export function clashingName(names: readonly string[]): string | undefined {
  // As on disks that know no difference between small and capital letters: a stick for a technician is one.
  const taken = new Set<string>();
  const folders = new Set<string>();
  for (const name of names) {
    const folded = name.toLowerCase();
    const above = foldersOf(folded);
    if (taken.has(folded) || folders.has(folded) || above.some((folder) => taken.has(folder))) return name;
    taken.add(folded);
    for (const folder of above) folders.add(folder);
  }
  return undefined;
}

function foldersOf(name: string): string[] {
  const parts = name.split('/');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
}

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
