import { PaletteEdgeError } from '../errors.ts';
import type { Warning } from '../warning.ts';

/** Warnings that tell how something was done; nobody can correct them in a profile. */
const noMistakes: ReadonlySet<string> = new Set(['VALUES_ONLY_READ', 'LISTED_ELSEWHERE']);

/**
 * Makes warnings of input errors, for those who want no bundle with a doubt (`--strict`).
 *
 * @throws PaletteEdgeError `WARNINGS` (kind failure) that lists all of them
 */
export function refuseWarnings(warnings: readonly Warning[]): void {
  const refused = warnings.filter(({ code }) => !noMistakes.has(code));
  if (refused.length === 0) return;
  const lines = refused.map(({ code, message }) => `- ${message} [${code}]`);
  const title = `${refused.length} ${refused.length === 1 ? 'warning' : 'warnings'}, and --strict makes them errors:`;
  throw new PaletteEdgeError('WARNINGS', [title, ...lines].join('\n'), {
    kind: 'failure',
    suggestions: ['Correct the profile, or leave --strict out.'],
    details: { warnings: refused },
  });
}
