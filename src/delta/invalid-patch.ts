import { PaletteEdgeError } from '../errors.ts';
import { patchVersion } from './patch-format.ts';

/** The error for a patch that cannot be applied; the reason says what is wrong with it. */
export function invalidPatch(reason: string): PaletteEdgeError {
  return new PaletteEdgeError('PATCH_INVALID', `The patch of a tar cannot be applied: ${reason}.`, {
    kind: 'content',
    suggestions: ['Get the delta once more, or the full bundle.'],
  });
}

/** The error for a patch of a version that this program does not know. */
export function unsupportedPatch(version: number): PaletteEdgeError {
  return new PaletteEdgeError(
    'PATCH_UNSUPPORTED',
    `The patch of a tar has version ${version}; expected ${patchVersion}.`,
    {
      kind: 'content',
      suggestions: ['Use the version of palette-edge that wrote the delta, or a later one.'],
    },
  );
}
