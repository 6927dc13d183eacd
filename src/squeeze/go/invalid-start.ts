import { PaletteEdgeError } from '../../errors.ts';

/** An encoder cannot be made as a recipe says. */
export function invalidStart(reason: string): PaletteEdgeError {
  return new PaletteEdgeError('RECIPE_INVALID', `a gzip layer cannot be written as Go does: ${reason}`, {
    kind: 'content',
    suggestions: ['The bundle is damaged or was changed: get it again, or build it again.'],
  });
}
