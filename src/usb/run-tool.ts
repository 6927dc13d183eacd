import { execa, ExecaError } from 'execa';

import { PaletteEdgeError } from '../errors.ts';
import { printable } from '../io/printable.ts';

/** None of them takes a second, but a drive that does not answer holds them up. */
const timeout = 30_000;
const maxBuffer = 4 * 1024 * 1024;

/**
 * Runs a program of util-linux, without a shell and without a locale, and gives what it printed. Many systems keep such
 * programs off the PATH of ordinary users, so the folders of the system are searched, too.
 *
 * @throws PaletteEdgeError `USB_TOOL_MISSING` (kind notFound), `USB_TOOL_FAILED` (kind failure) with what it said; the reason of
 *   the signal when that was aborted
 */
export async function runTool(
  program: string,
  args: readonly string[],
  { signal, path }: { readonly signal: AbortSignal; readonly path: string },
): Promise<string> {
  signal.throwIfAborted();
  try {
    const { stdout } = await execa(program, [...args], {
      env: { LC_ALL: 'C', PATH: `${path}:/usr/sbin:/sbin:/usr/bin:/bin` },
      extendEnv: false,
      shell: false,
      stdio: ['ignore', 'pipe', 'pipe'],
      cancelSignal: signal,
      timeout,
      maxBuffer,
      killSignal: 'SIGKILL',
    });
    return stdout;
  } catch (error) {
    signal.throwIfAborted();
    throw failed(program, error);
  }
}

function failed(program: string, error: unknown): unknown {
  if (!(error instanceof ExecaError)) return error;
  if (error.code === 'ENOENT') {
    return new PaletteEdgeError('USB_TOOL_MISSING', `${program} is not there: it tells what holds a drive`, {
      kind: 'notFound',
      suggestions: [
        'Install util-linux with the package manager of this system: apt-get install util-linux, dnf install util-linux, …',
      ],
    });
  }
  const said = typeof error.stderr === 'string' ? printable(error.stderr, 300) : '';
  const reason = error.timedOut ? `it took longer than ${timeout / 1000} s` : said || error.shortMessage;
  return new PaletteEdgeError('USB_TOOL_FAILED', `${program} failed: ${reason}`, {
    kind: 'failure',
    suggestions: [`Try it by hand: ${[program, ...error.command.split(' ').slice(1)].join(' ')}`],
  });
}
