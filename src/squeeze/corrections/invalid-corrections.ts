import { PaletteEdgeError } from '../../errors.ts';

/** The error for corrections that do not describe a stream of the plain bytes they came with. */
export function invalidCorrections(reason: string): PaletteEdgeError {
  return new PaletteEdgeError(
    'CORRECTIONS_INVALID',
    `the corrections of a DEFLATE stream are damaged: ${reason}`,
    {
      kind: 'content',
      suggestions: ['Fetch the bundle again: it is damaged, or was not written by palette-edge.'],
    },
  );
}
