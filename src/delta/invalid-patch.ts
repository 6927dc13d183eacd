import { PaletteEdgeError } from '../errors.ts';

/** The error for a patch that cannot be applied; the reason says what is wrong with it. */
export function invalidPatch(reason: string): PaletteEdgeError {
  return new PaletteEdgeError('PATCH_INVALID', `The patch of a tar cannot be applied: ${reason}.`, {
    kind: 'content',
    suggestions: ['Get the delta once more, or the full bundle.'],
  });
}
