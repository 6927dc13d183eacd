import { PaletteEdgeError } from '../errors.ts';

/**
 * The error for a delta bundle where one is needed that has everything.
 *
 * @param why what it is needed for, behind `and`
 */
export function deltaRefused(path: string, why: string): PaletteEdgeError {
  return new PaletteEdgeError(
    'IS_A_DELTA',
    `${path} is a delta bundle: others have what it lacks, and ${why}`,
    {
      kind: 'usage',
      suggestions: [`Make the whole bundle of it first: palette-edge apply ${path} --base OLD.tar.zst`],
    },
  );
}
