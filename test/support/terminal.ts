import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { onTestFinished } from 'vitest';

import { requireTool } from './required-tools.ts';
import { cliEntry, compiledBefore } from './cli-entry.ts';

/** A command in a terminal of its own. */
export interface Terminal {
  /** Types: a line ends with `\r`. */
  readonly type: (text: string) => void;
  /** Waits until it has shown a text. */
  readonly says: (text: string) => Promise<void>;
  /** Waits for the end and gives all that was shown. */
  readonly end: () => Promise<string>;
}

/**
 * Runs `palette-edge` in a terminal, with its exit code and the settings of the terminal shown afterwards.
 *
 * @param program another one to run
 */
export function openTerminal(
  args: readonly string[],
  cwd: string,
  program: readonly string[] = [process.execPath, cliEntry],
): Terminal {
  const command = [...program, ...args].map((word) => `'${word}'`).join(' ');
  const child = spawn(requireTool('script'), ['-qefc', `${command}; echo "code $?"; stty -a`, '/dev/null'], {
    cwd,
    env: { PATH: process.env['PATH'], HOME: cwd, TERM: 'xterm', SHELL: '/bin/sh', ...compiledBefore },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = once(child, 'close');
  let shown = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (shown += text));
  return {
    type: (text) => void child.stdin.write(text),
    says: async (text) => {
      while (!shown.includes(text)) {
        if (child.exitCode !== null) throw new Error(`it ended: ${shown}`);
        await Promise.race([once(child.stdout, 'data'), ended]);
      }
    },
    end: async () => {
      await ended;
      return shown;
    },
  };
}
