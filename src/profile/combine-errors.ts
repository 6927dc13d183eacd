import { PaletteEdgeError } from '../errors.ts';

const maximumShown = 50;

/**
 * One error for all that is wrong with the input, so that a person can correct everything at once. A single error is given
 * back as it is; several with one code keep that code.
 */
export function combineErrors(errors: readonly PaletteEdgeError[]): PaletteEdgeError | undefined {
  const [first] = errors;
  if (first === undefined || errors.length === 1) return first;
  const code = errors.every((error) => error.code === first.code) ? first.code : 'INPUT_INVALID';
  const shown = errors.slice(0, maximumShown).map(({ message }) => `- ${message}`);
  const more = errors.length > maximumShown ? [`- and ${errors.length - maximumShown} more`] : [];
  const suggestions = new Set(errors.flatMap((error) => error.suggestions));
  return new PaletteEdgeError(code, [`${errors.length} errors in the input:`, ...shown, ...more].join('\n'), {
    kind: first.kind,
    cause: first,
    suggestions: [...suggestions].slice(0, maximumShown),
    details: { errors: errors.map((error) => ({ code: error.code, message: error.message })) },
  });
}

/** Runs every step; failures a user can act on are put aside instead of stopping the rest. */
export function collectErrors<T, R>(
  items: readonly T[],
  step: (item: T) => R,
): { readonly results: R[]; readonly errors: PaletteEdgeError[] } {
  const results: R[] = [];
  const errors: PaletteEdgeError[] = [];
  for (const item of items) {
    try {
      results.push(step(item));
    } catch (error) {
      if (!(error instanceof PaletteEdgeError)) throw error;
      errors.push(error);
    }
  }
  return { results, errors };
}
