import { PaletteEdgeError } from '../errors.ts';

/** An error as a person reads it: what happened, its code, what to do next. */
export function errorView(error: PaletteEdgeError): string {
  const tries = error.suggestions.map((text) => `  - ${text}`);
  return [
    `Error: ${error.message}`,
    `Code: ${error.code}`,
    ...(tries.length > 0 ? ['Try this:', ...tries] : []),
  ].join('\n');
}

/** What is not a {@link PaletteEdgeError} is a fault of the program: its stack is shown. */
export function bugView(error: unknown): string {
  const shown = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `This is a bug in palette-edge. Please report it, with what follows.\n${shown}`;
}

/** An error as `--json` has it. */
export function errorJson(error: unknown, exitCode: number): object {
  if (!(error instanceof PaletteEdgeError)) {
    const message = error instanceof Error ? error.message : String(error);
    return { error: { code: 'BUG', message, exitCode, suggestions: [] } };
  }
  const { code, message, suggestions, details } = error;
  return { error: { code, message, exitCode, suggestions, ...(details === undefined ? {} : { details }) } };
}
