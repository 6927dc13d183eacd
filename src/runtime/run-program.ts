import type { Writable } from 'node:stream';

import { execa, ExecaError } from 'execa';

import { PaletteEdgeError } from '../errors.ts';
import { printable } from '../io/printable.ts';

/** How a program is run. */
export interface ProgramRun {
  readonly signal: AbortSignal;
  /** Goes to its standard input; nothing when undefined. */
  readonly input?: AsyncIterable<Uint8Array>;
  /** Variables that it gets besides those of the user. */
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds; undefined for what takes as long as the disk does. */
  readonly timeout?: number;
}

/** Of output of each kind, in bytes: a list of 100 000 digests has 7 MB. */
const maxBuffer = 64 * 1024 * 1024;

/**
 * Runs the program of a container runtime, without a shell and without a locale, and gives what it printed. The rest of the environment is
 * the user's: it says where docker and podman keep things.
 *
 * What the input throws is thrown, after the program was killed: it must not take what it got so far for the whole.
 *
 * @throws PaletteEdgeError `RUNTIME_MISSING` (kind notFound), `RUNTIME_DENIED` (kind authentication), `RUNTIME_UNREACHABLE` (kind
 *   network), `DISK_FULL` (kind disk), `RUNTIME_FAILED` (kind failure) with what it said; the reason of the signal when that was aborted
 */
export async function runProgram(program: string, args: readonly string[], run: ProgramRun): Promise<string> {
  const { signal, input, env, timeout } = run;
  signal.throwIfAborted();
  const child = execa(program, [...args], {
    env: { ...env, LC_ALL: 'C' },
    shell: false,
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    cancelSignal: signal,
    timeout,
    maxBuffer,
    windowsHide: true,
  });
  // Not SIGKILL, unless it does not listen: podman without root is two processes, of which one tells the other.
  const kill = (): unknown => child.kill('SIGTERM');
  const feeding = input === undefined || child.stdin === null ? undefined : feed(child.stdin, input, kill);
  const [fed, ended] = await Promise.allSettled([feeding, child]);
  signal.throwIfAborted();
  if (fed.status === 'rejected') throw fed.reason;
  if (ended.status === 'rejected') throw programFailure(program, ended.reason, timeout);
  return ended.value.stdout;
}

/** One piece at a time: whoever makes the pieces uses their memory again. A program that ends early is judged by how it ends. */
async function feed(stdin: Writable, input: AsyncIterable<Uint8Array>, kill: () => unknown): Promise<void> {
  stdin.on('error', () => undefined);
  try {
    for await (const bytes of input) if (!(await isWritten(stdin, bytes))) return;
  } catch (error) {
    kill();
    throw error;
  }
  stdin.end();
}

async function isWritten(stdin: Writable, bytes: Uint8Array): Promise<boolean> {
  return await new Promise((resolve) => {
    stdin.write(bytes, (error) => resolve(error === null || error === undefined));
  });
}

/** Words how a program ended; what is no such failure is given back. */
export function programFailure(program: string, error: unknown, timeout: number | undefined): unknown {
  if (!(error instanceof ExecaError)) return error;
  if (error.code === 'ENOENT' || error.code === 'EACCES') return missing(program);
  const said = textOf(error.stderr);
  const ending = error.signal ?? `exit code ${error.exitCode}`;
  const reason = error.timedOut
    ? `it took longer than ${(timeout ?? 0) / 1000} s`
    : complaintIn(said) || `it ended with ${ending}`;
  return new PaletteEdgeError(...wording(program, said, reason));
}

function textOf(printed: unknown): string {
  if (printed instanceof Uint8Array) return Buffer.from(printed).toString('utf8');
  return typeof printed === 'string' ? printed : '';
}

function wording(
  program: string,
  said: string,
  reason: string,
): ConstructorParameters<typeof PaletteEdgeError> {
  const message = `${program} failed: ${reason}`;
  if (/no space left on device|quota exceeded/i.test(said)) {
    const suggestions = ['Free some space where it keeps images, and for its temporary files.'];
    return ['DISK_FULL', message, { kind: 'disk', suggestions }];
  }
  if (/permission denied|operation not permitted/i.test(said)) {
    const suggestions = ['Run it as root: sudo palette-edge load …', 'Or as a user who may use it.'];
    return ['RUNTIME_DENIED', message, { kind: 'authentication', suggestions }];
  }
  if (
    /failed to dial|cannot connect to the docker daemon|connection refused|no such file.*\.sock/i.test(said)
  ) {
    const suggestions = ['Is it running?', 'Where containerd listens elsewhere: --address SOCKET'];
    return ['RUNTIME_UNREACHABLE', message, { kind: 'network', suggestions }];
  }
  return ['RUNTIME_FAILED', message, { kind: 'failure' }];
}

/** Programs tell of their progress, too; what went wrong they say last, and podman goes on with a line for each thing that it tried. */
function complaintIn(said: string): string {
  const lines = said.split('\n').filter((line) => line.trim() !== '');
  const begin = lines.findLastIndex((line) => /^(?:error|ctr|docker)\b/i.test(line));
  return printable(lines.slice(begin === -1 ? -1 : begin).join(' '), 800);
}

function missing(program: string): PaletteEdgeError {
  return new PaletteEdgeError('RUNTIME_MISSING', `${program} is not on the PATH`, {
    kind: 'notFound',
    suggestions: [
      'Install it, or load into something else: --into containerd, podman, docker, k3s, rke2 or a folder.',
    ],
  });
}
