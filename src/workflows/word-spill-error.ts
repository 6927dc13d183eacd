import { PaletteEdgeError, wordDiskError } from '../errors.ts';

/**
 * As `wordDiskError`, of files without names that are put into the folder for temporary ones: that is another place than the output.
 *
 * @param action what failed, for people: `decompressing layers in FOLDER`
 */
export function wordSpillError(error: unknown, action: string): unknown {
  const worded = wordDiskError(error, action);
  if (worded === error || !(worded instanceof PaletteEdgeError)) return worded;
  const { code, message, kind, cause } = worded;
  const suggestions = ['Choose another folder on a disk with space: TMPDIR=FOLDER'];
  return new PaletteEdgeError(code, message, { kind, cause, suggestions });
}
