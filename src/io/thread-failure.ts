import { PaletteEdgeError } from '../errors.ts';
import type { ErrorKind } from '../errors.ts';

/** What is left of an error on its way between threads. */
export interface ThreadFailure {
  readonly message: string;
  /** Of a PaletteEdgeError, as what follows. */
  readonly code?: string;
  readonly kind?: ErrorKind;
  readonly suggestions?: readonly string[];
}

/** In the thread where it was thrown. */
export function failureOf(error: unknown): ThreadFailure {
  if (error instanceof PaletteEdgeError) {
    const { code, message, kind, suggestions } = error;
    return { code, message, kind, suggestions };
  }
  return { message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

/**
 * In the thread that asked.
 *
 * @param work what it was asked for, for what is no PaletteEdgeError: `squeezing`
 */
export function errorOfFailure(work: string, { message, code, kind, suggestions }: ThreadFailure): Error {
  if (code === undefined || kind === undefined) return new Error(`${work} failed: ${message}`);
  return new PaletteEdgeError(code, message, { kind, suggestions: suggestions ?? [] });
}
