import { join } from 'node:path';

import { openSpillFile } from './spill-file.ts';
import { wordSpillError } from './word-spill-error.ts';

/**
 * Makes sure that files without names can be made in a folder, before work begins that needs them at its end.
 *
 * @param action what they are for, for people: `decompressing layers in FOLDER`
 * @throws PaletteEdgeError of kind disk, `FILE_NOT_FOUND`, `NOT_A_FOLDER`
 */
export async function requireSpillFolder(folder: string, action: string): Promise<void> {
  try {
    await (await openSpillFile(join(folder, 'palette-edge-check'))).close();
  } catch (error) {
    throw wordSpillError(error, action);
  }
}
