import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { onTestFinished } from 'vitest';

import { requireTool } from '../support/required-tools.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const runFile = promisify(execFile);

/** A folder with a bundle, a text and a folder in it, and the completion script as `script`. */
async function folderWithScript(script: string): Promise<string> {
  const cwd = await temporaryFolder();
  await mkdir(join(cwd, 'content'));
  await writeFile(join(cwd, 'bundle one.tar.zst'), '');
  await writeFile(join(cwd, 'notes.txt'), '');
  await writeFile(join(cwd, 'script'), script);
  return cwd;
}

/** What bash offers for the words of a command line that is cut as bash cuts it; the last one is being typed. */
export async function bashOffers(script: string, words: readonly string[]): Promise<string[]> {
  const program = `source ./script; f=$(complete -p palette-edge); f=\${f#*-F }; f=\${f%% *}
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); "$f"; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const argv = ['--norc', '-c', program, 'bash', 'palette-edge', ...words];
  return await offers(requireTool('bash'), argv, await folderWithScript(script));
}

/** What fish offers for a command line, descriptions left out. */
export async function fishOffers(script: string, line: string): Promise<string[]> {
  const program = 'source ./script; complete -C $argv[1]';
  const found = await offers(
    requireTool('fish'),
    ['--no-config', '-c', program, line],
    await folderWithScript(script),
  );
  return found.map((offer) => offer.split('\t', 1)[0] ?? '');
}

async function offers(program: string, argv: readonly string[], cwd: string): Promise<string[]> {
  const { stdout } = await runFile(program, [...argv], {
    cwd,
    env: { PATH: process.env['PATH'], HOME: cwd },
  });
  return stdout.split('\n').filter((line) => line !== '');
}

/** An interactive shell in a terminal of its own. */
export interface TypedShell {
  /** Types, and gives what the terminal shows until a text comes. */
  readonly typed: (keys: string, until: string) => Promise<string>;
}

/** Starts an interactive shell that has sourced the script, in the folder of {@link folderWithScript}. */
export async function typedShell(
  shell: readonly string[],
  start: string,
  script: string,
): Promise<TypedShell> {
  const cwd = await folderWithScript(script);
  const child = spawn(
    requireTool('script'),
    ['-qefc', `stty cols 120; exec ${shell.join(' ')}`, '/dev/null'],
    {
      cwd,
      // Without a file for its history: the shell would write it while the folder is removed.
      env: { PATH: process.env['PATH'], HOME: cwd, TERM: 'dumb', PS1: '> ', SHELL: '/bin/sh', HISTFILE: '' },
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  const ended = once(child, 'close');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  let shown = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (shown += text));
  const typed = async (keys: string, until: string): Promise<string> => {
    shown = '';
    child.stdin.write(keys);
    while (!shown.includes(until)) {
      if (child.exitCode !== null) throw new Error(`the shell ended: ${shown}`);
      await Promise.race([once(child.stdout, 'data'), ended]);
    }
    return shown;
  };
  // The echo of the command has other letters than what it prints.
  await typed(`${start}; echo rea''dy\r`, 'ready\r');
  return { typed };
}
