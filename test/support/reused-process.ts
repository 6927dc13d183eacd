import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

import type { CliAnswer, CliRequest } from './cli-process.ts';

const script = fileURLToPath(new URL('cli-process.ts', import.meta.url));
/** What Node, or a library when it is loaded, reads of the environment: a process keeps it. */
const readAtStart = /^(?:NODE_|OCLIF_|DEBUG|FORCE_COLOR|NO_COLOR|CI$|TERM$|TZ$|LANG$|LC_)/;

/** Processes that wait for work, by what they were started with. */
const waiting = new Map<string, ChildProcess[]>();
let runs = 0;

/** How a run ended. */
export interface ProcessOutcome {
  /** Undefined when a signal ended it. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs `palette-edge` in a process that runs one command after the other: starting one and loading the program takes ten times as long
 * as most commands do. The command has arguments, environment, working directory and exit code of its own, and has ended when nothing
 * is left that would keep a process. Standard input is empty.
 */
export async function runReused(entry: string, request: Omit<CliRequest, 'mark'>): Promise<ProcessOutcome> {
  const names = Object.keys(request.env).filter((name) => readAtStart.test(name));
  const kept = names.toSorted().map((name) => [name, request.env[name]]);
  const key = JSON.stringify([entry, kept]);
  const child = waiting.get(key)?.pop() ?? (await start(entry, Object.fromEntries(kept)));
  runs += 1;
  const mark = `\0the end of run ${runs}\0`;
  const ended = new Promise<number | undefined>((resolve) => {
    child.once('message', ({ code }: CliAnswer) => resolve(code));
    child.once('close', (code: number | null) => resolve(code ?? undefined));
  });
  const written = Promise.all([textUntil(mark, child.stdout), textUntil(mark, child.stderr)]);
  child.send({ ...request, mark });
  const [code, [stdout, stderr]] = await Promise.all([ended, written]);
  child.removeAllListeners();
  if (child.connected) waiting.set(key, [...(waiting.get(key) ?? []), child]);
  return { code, stdout, stderr };
}

async function start(entry: string, env: CliRequest['env']): Promise<ChildProcess> {
  const child = spawn(process.execPath, [script, entry], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const [first] = await Promise.race([once(child, 'message'), once(child, 'close')]);
  if (first !== 'ready') throw new Error(`${script} ended with ${first}`);
  // It does not keep the process of the tests, and ends with it: the channel is closed then.
  child.unref();
  child.channel?.unref();
  for (const stream of [child.stdout, child.stderr]) if (stream instanceof Socket) stream.unref();
  return child;
}

/** What comes until the mark does, or the end. */
async function textUntil(mark: string, stream: Readable | null): Promise<string> {
  if (stream === null) return '';
  const ending = Buffer.from(mark);
  let bytes = Buffer.alloc(0);
  return await new Promise((resolve) => {
    const end = (): void => {
      stream.off('data', take).off('close', end);
      const isMarked = bytes.subarray(-ending.length).equals(ending);
      resolve(bytes.subarray(0, isMarked ? -ending.length : undefined).toString());
    };
    const take = (chunk: Buffer): void => {
      bytes = Buffer.concat([bytes, chunk]);
      if (bytes.subarray(-ending.length).equals(ending)) end();
    };
    stream.on('data', take).on('close', end);
  });
}
