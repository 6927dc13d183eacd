import { PaletteEdgeError } from '../errors.ts';

/** What is answered; undefined where this Palette does not have it. */
export async function unlessMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof PaletteEdgeError && error.code === 'PALETTE_NOT_FOUND') return undefined;
    throw error;
  }
}
