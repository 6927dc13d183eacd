import { PaletteEdgeError } from '../errors.ts';

/** What was looked at, what was found, and what to do about it. */
export interface DoctorCheck {
  /** Of what: `node`, `registry ghcr.io`. */
  readonly name: string;
  /** A warning is what only some commands need, or what may become a problem. */
  readonly status: 'ok' | 'warning' | 'problem';
  /** What was found, and for whom that is bad. Never a secret. */
  readonly detail: string;
  /** One sentence or one command each. */
  readonly remedies: readonly string[];
}

/** All that was looked at. */
export interface DoctorResult {
  readonly checks: readonly DoctorCheck[];
}

/** Nothing to do. */
export function fine(name: string, detail: string): DoctorCheck {
  return { name, status: 'ok', detail, remedies: [] };
}

/**
 * A check that fails by throwing: the words of the error are what was found, its suggestions are the remedies.
 *
 * @param status of the failure
 * @throws what is no PaletteEdgeError
 */
export async function tried(
  name: string,
  status: 'warning' | 'problem',
  check: () => Promise<DoctorCheck>,
): Promise<DoctorCheck> {
  try {
    return await check();
  } catch (error) {
    if (!(error instanceof PaletteEdgeError)) throw error;
    return { name, status, detail: error.message, remedies: error.suggestions };
  }
}
