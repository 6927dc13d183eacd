import { expect } from 'vitest';

import type { CliRun } from './run-cli.ts';

/** What a run that fails tells: its exit code, the error's code, and whether a stack got out. */
export function told({ code, stdout, stderr }: CliRun): object {
  return {
    exit: code,
    code: /^Code: (\w+)$/m.exec(stderr)?.[1],
    stdout,
    stderr,
    hasStack: /^\s+at /m.test(stderr),
  };
}

/** What {@link told} gives of a run that failed so, with one message on stderr. */
export function failure(exit: number, code: string, message: string): object {
  return { exit, code, stdout: '', stderr: expect.stringContaining(message), hasStack: false };
}
