import { terminalJson } from '../io/terminal-json.ts';

/** A value as JSON that may be written to a terminal, see {@link terminalJson}. */
export function jsonText(value: unknown): string {
  return terminalJson(JSON.stringify(value, undefined, 2));
}
