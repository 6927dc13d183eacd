import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getAsset, isSea } from 'node:sea';

/**
 * A text that comes with the tool: a file of the package, or a part of the standalone executable, which names its parts by the
 * same paths (scripts/build-standalone.mjs).
 *
 * @param root the folder of the package
 * @throws when it is missing, which is a bug
 */
export async function packagedText(root: string, path: string): Promise<string> {
  return isSea() ? getAsset(path, 'utf8') : await readFile(join(root, path), 'utf8');
}
