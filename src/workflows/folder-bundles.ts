import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { parsePartName } from '../bundle/part-name.ts';
import { bundleOfListName } from '../bundle/parts-list.ts';
import { PaletteEdgeError, wordDiskError } from '../errors.ts';

/** Nobody has so many in one place; looking into them all would take time. */
const mostBundles = 1000;

/**
 * What may be bundles in a folder, by name: `.zst` and `.tar` files, and parts, which are one. Folders in it are not looked into.
 *
 * @returns their paths, sorted by name; undefined of a path that is no folder
 * @throws PaletteEdgeError `FOLDER_CROWDED` (kind usage), or why the folder cannot be read
 */
export async function folderBundles(path: string): Promise<string[] | undefined> {
  const status = await stat(path).catch(() => undefined);
  if (status?.isDirectory() !== true) return undefined;
  const paths = new Map<string, string>();
  for (const name of await namesIn(path)) {
    const whole = bundleOfListName(name) ?? parsePartName(name)?.bundle ?? name;
    // Of a bundle that is there as one file and in parts, that file comes first.
    if (/\.(?:zst|tar)$/.test(whole) && !paths.has(whole)) paths.set(whole, join(path, name));
  }
  if (paths.size <= mostBundles) return [...paths.values()];
  throw new PaletteEdgeError(
    'FOLDER_CROWDED',
    `there are ${paths.size} bundles in the folder ${path}, expected at most ${mostBundles}`,
    { kind: 'usage', suggestions: ['Name those that you mean.'] },
  );
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => !entry.isDirectory())
      .map(({ name }) => name)
      .toSorted();
  } catch (error) {
    throw wordDiskError(error, `reading the folder ${folder}`);
  }
}
