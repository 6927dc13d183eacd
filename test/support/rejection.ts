import { PaletteEdgeError } from '../../src/errors.ts';

/** The PaletteEdgeError a promise ends with; anything else fails the test. */
export async function rejection(promise: Promise<unknown>): Promise<PaletteEdgeError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof PaletteEdgeError) return error;
    throw error;
  }
  throw new Error('expected a rejection');
}

/** Everything a person or a log may get to see of an error: message, suggestions, stack, and all its causes. */
export function everythingShown(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const suggestions = error instanceof PaletteEdgeError ? error.suggestions : [];
  return [
    error.message,
    ...suggestions,
    error.stack,
    JSON.stringify(error),
    everythingShown(error.cause),
  ].join('\n');
}
