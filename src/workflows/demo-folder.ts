import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { PaletteEdgeError, systemErrorCode, wordDiskError } from '../errors.ts';
import { makeFolder } from '../io/make-folder.ts';

/** Says that everything in the folder is the demo's: only such a folder is ever removed. */
const markerName = '.palette-edge-demo';

/**
 * Makes the demo's folder, or takes one of an earlier run.
 *
 * @throws PaletteEdgeError `DEMO_FOLDER_TAKEN` (kind usage) for a folder with other things in it
 */
export async function openDemoFolder(folder: string): Promise<void> {
  const names = await namesIn(folder);
  if (names.length > 0 && !names.includes(markerName)) throw taken(folder);
  try {
    await makeFolder(folder);
    await writeFile(
      join(folder, markerName),
      'Made by palette-edge demo; palette-edge demo --remove removes it.\n',
    );
  } catch (error) {
    throw wordDiskError(error, `making the demo folder ${folder}`);
  }
}

/**
 * Puts the demo's profiles into its folder, where they can be looked at and changed.
 *
 * @param profiles texts by the names of the files
 * @returns the paths
 */
export async function writeDemoProfiles(
  folder: string,
  profiles: ReadonlyMap<string, string>,
): Promise<string[]> {
  const paths = [];
  for (const [name, text] of profiles) {
    const path = join(folder, name);
    try {
      await writeFile(path, text);
    } catch (error) {
      throw wordDiskError(error, `writing the profile ${path} of the demo`);
    }
    paths.push(path);
  }
  return paths;
}

/**
 * Removes the demo's folder with everything in it.
 *
 * @returns whether there was one
 * @throws PaletteEdgeError `DEMO_FOLDER_TAKEN` (kind usage) for a folder that the demo did not make
 */
export async function removeDemoFolder(folder: string): Promise<boolean> {
  const names = await namesIn(folder);
  if (names.length === 0) return false;
  if (!names.includes(markerName)) throw taken(folder);
  try {
    await rm(folder, { recursive: true });
  } catch (error) {
    throw wordDiskError(error, `removing the demo folder ${folder}`);
  }
  return true;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw wordDiskError(error, `reading the demo folder ${folder}`);
  }
}

function taken(folder: string): PaletteEdgeError {
  return new PaletteEdgeError('DEMO_FOLDER_TAKEN', `${folder} was not made by the demo`, {
    kind: 'usage',
    suggestions: ['Name another folder: --dir FOLDER'],
  });
}
