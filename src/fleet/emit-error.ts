import { PaletteEdgeError } from '../errors.ts';
import type { EmissionEngine } from './emission.ts';

/** What an engine would take for more than text, wherever it stands. */
const expressions: Readonly<Record<EmissionEngine, string | undefined>> = {
  kubernetes: undefined,
  github: '${{',
  gitlab: undefined,
  argo: '{{',
};

/**
 * Refuses texts that an engine would evaluate: no name of a file may become a program.
 *
 * @throws PaletteEdgeError `FLEET_EMIT_TEXT` (kind usage)
 */
export function requirePlainTexts(engine: EmissionEngine, texts: readonly string[]): void {
  const expression = expressions[engine];
  for (const text of texts) {
    const isExpression = expression !== undefined && text.includes(expression);
    if (!isExpression && !/[\p{Cc}\u2028\u2029]/u.test(text)) continue;
    const reason = isExpression ? `${engine} would evaluate its ${expression}` : 'it has a control character';
    throw new PaletteEdgeError('FLEET_EMIT_TEXT', `${JSON.stringify(text.slice(0, 100))}: ${reason}`, {
      kind: 'usage',
      suggestions: ['Give the file, or the value of the flag, another name.'],
    });
  }
}

/**
 * The error for a path that jobs could not find.
 *
 * @param what the path is of
 */
export function unreachable(what: string, path: string, suggestion: string): PaletteEdgeError {
  const message = `${what} ${path}: a job would not find it`;
  return new PaletteEdgeError('FLEET_EMIT_PATH', message, { kind: 'usage', suggestions: [suggestion] });
}
