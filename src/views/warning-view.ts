import type { Warning } from '../warning.ts';

/** A warning as a person reads it. */
export function warningView({ code, message }: Warning): string {
  return `Warning: ${message} [${code}]`;
}
