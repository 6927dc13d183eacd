import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { cliEntry, compiledBefore } from './cli-entry.ts';

/** How the command line is run. */
export interface CliOptions {
  /** The working directory. */
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The Node to run it with; the one of the tests unless said otherwise. */
  readonly node?: string;
  /** The entry; {@link cliEntry} unless said otherwise. */
  readonly entry?: string;
  /** What is on standard input; nothing unless said otherwise. */
  readonly input?: string;
  /** Gets the process as soon as it runs. */
  readonly onStart?: (child: ChildProcess) => void;
}

/** How it ended. */
export interface CliRun {
  /** Undefined when a signal ended it. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `palette-edge` in a process of its own, in an environment without anybody's credentials. */
export async function runCli(args: readonly string[], options: CliOptions): Promise<CliRun> {
  const { cwd, env = {}, node = process.execPath, entry = cliEntry, input, onStart } = options;
  const child = spawn(node, [entry, ...args], {
    cwd,
    env: {
      PATH: process.env['PATH'],
      HOME: cwd,
      XDG_CACHE_HOME: `${cwd}/cache`,
      // Other entries are in folders that go away: what is kept of them would never be used again.
      ...(entry === cliEntry && compiledBefore),
      ...env,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
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
