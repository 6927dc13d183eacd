import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

import { cliEntry, compiledBefore } from './cli-entry.ts';
import { runReused } from './reused-process.ts';
import type { ProcessOutcome } from './reused-process.ts';

/** How the command line is run. */
export interface CliOptions {
  /** The working directory. */
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The Node to run it with; the one of the tests unless said otherwise. */
  readonly node?: string;
  /** The entry; {@link cliEntry} unless said otherwise. */
  readonly entry?: string;
  /** What is on standard input; nothing unless said otherwise. */
  readonly input?: string;
  /** Gets the process as soon as it runs. */
  readonly onStart?: (child: ChildProcess) => void;
}

/** Whether every run has a process of its own, and takes ten times as long: what differs then depends on runs before. */
const areAllOwn = process.env['OWN_PROCESSES'] === '1';

/** How it ended. */
export type CliRun = ProcessOutcome;

/**
 * Runs `palette-edge` in an environment without anybody's credentials, in a process that other runs may have used before. Who wants to do
 * something with the process, names an entry or Node, or has something for standard input gets one of its own.
 */
export async function runCli(args: readonly string[], options: CliOptions): Promise<CliRun> {
  const { cwd, env = {}, entry = cliEntry } = options;
  const whole = {
    PATH: process.env['PATH'],
    HOME: cwd,
    XDG_CACHE_HOME: `${cwd}/cache`,
    // Other entries are in folders that go away: what is kept of them would never be used again.
    ...(entry === cliEntry && compiledBefore),
    ...env,
  };
  const isOwn = (['node', 'entry', 'input', 'onStart'] as const).some((name) => options[name] !== undefined);
  if (isOwn || areAllOwn) return await runOwn(args, { ...options, entry, env: whole });
  return await runReused(entry, { args, cwd, env: whole });
}

async function runOwn(
  args: readonly string[],
  { cwd, env, entry, node = process.execPath, input, onStart }: CliOptions & { readonly entry: string },
): Promise<CliRun> {
  const child = spawn(node, [entry, ...args], { cwd, env, stdio: ['pipe', 'pipe', 'pipe'] });
  // Who ends without reading it is judged by how it ends.
  child.stdin.on('error', () => undefined).end(input);
  onStart?.(child);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: child.exitCode ?? undefined, stdout, stderr };
}

/** Runs it with `--json`, expects success, and returns the document. */
export async function runCliJson<T>(args: readonly string[], options: CliOptions): Promise<T> {
  const { code, stdout, stderr } = await runCli([...args, '--json'], options);
  if (code !== 0) throw new Error(`exit code ${code}\n${stdout}\n${stderr}`);
  const document: T = JSON.parse(stdout);
  return document;
}
