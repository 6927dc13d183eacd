import { PaletteEdgeError } from '../../errors.ts';

/** An encoder of this family cannot be made as a recipe says. */
export function unusableRecipe(reason: string): PaletteEdgeError {
  return new PaletteEdgeError('RECIPE_INVALID', `a gzip layer cannot be written as zlib does: ${reason}`, {
    kind: 'content',
    suggestions: ['The bundle is damaged or was changed: get it again, or build it again.'],
  });
}

/** @throws PaletteEdgeError `RECIPE_INVALID` (kind content) for a setting that is no whole number of a range */
export function requireWithin(name: string, value: number, range: readonly [number, number]): void {
  const [least, most] = range;
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw unusableRecipe(`${name} is ${value}, expected ${least} to ${most}`);
}
