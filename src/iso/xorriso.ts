import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { execa, ExecaError } from 'execa';

import { PaletteEdgeError, wordDiskError } from '../errors.ts';
import { printable } from '../io/printable.ts';

/** How xorriso is run. */
export interface XorrisoRun {
  /** Path of the program; undefined when the PATH has none. */
  readonly xorriso: string | undefined;
  /** Kills it. */
  readonly signal: AbortSignal;
  /** Gets each line that xorriso says on standard error, as soon as it is said. */
  readonly onLine?: (line: string) => void;
  /** Bytes of output of each kind; 16 MiB when undefined. */
  readonly maximumOutput?: number;
  /** Milliseconds; no limit when undefined: writing an image takes as long as the disk does. */
  readonly timeout?: number;
}

/** What it printed. */
export interface XorrisoOutput {
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * The moment that all images bear, in seconds since 1970: 2020-01-01 00:00:00 UTC. It says nothing; it is the same for
 * everybody, later than the start of FAT's calendar, and in the past on every machine.
 */
export const imageMoment = 1_577_836_800;

/**
 * 1.4.6 made images reproducible (SOURCE_DATE_EPOCH), 1.4.8 has `-boot_image any keep` work again. It is of 2017: Debian 10,
 * Ubuntu 18.04 and RHEL 8 have it.
 */
const minimumVersion = [1, 4, 8] as const;

const howToInstall = [
  'Debian, Ubuntu: sudo apt-get install xorriso',
  'Fedora, RHEL: sudo dnf install xorriso',
  'SUSE: sudo zypper install xorriso',
  'macOS: brew install xorriso',
];

/**
 * Runs xorriso without a shell, in an environment of its own: nobody's start-up files, no locale, UTC, and one fixed moment
 * in place of the clock. The arguments are native commands (`-outdev`, `-map`, …); whatever begins a path in them must be a slash.
 *
 * @returns what it printed, when it ended well
 * @throws PaletteEdgeError `XORRISO_MISSING` (kind notFound) when there is none, `DISK_FULL` (kind disk), `XORRISO_FAILED` (kind failure)
 *   with the first thing that it complained of; the reason of the signal when that was aborted
 */
export async function runXorriso(args: readonly string[], run: XorrisoRun): Promise<XorrisoOutput> {
  const { signal, onLine, maximumOutput = 16 * 1024 * 1024, timeout } = run;
  if (run.xorriso === undefined) throw missing();
  signal.throwIfAborted();
  try {
    const child = execa(run.xorriso, ['-no_rc', ...args], {
      env: { LC_ALL: 'C', TZ: 'UTC', SOURCE_DATE_EPOCH: String(imageMoment) },
      extendEnv: false,
      shell: false,
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: maximumOutput,
      // It would else finish what it has begun, for minutes.
      killSignal: 'SIGKILL',
      cancelSignal: signal,
      timeout,
      windowsHide: true,
    });
    const [{ stdout, stderr }] = await Promise.all([child, tellLines(child, onLine)]);
    return { stdout, stderr };
  } catch (error) {
    signal.throwIfAborted();
    throw failed(error, { maximumOutput, timeout });
  }
}

/** What one process may be given as arguments, less what is not ours to give: Linux takes 2 MiB, macOS 1 MiB. */
const mostArgumentBytes = 128 * 1024;

/**
 * As {@link runXorriso}, for any number of commands: those of an image with many files are too long for a command line.
 *
 * @param run `folder` takes the commands then, and they are gone when it ends; without one they are arguments all the same
 */
export async function runXorrisoCommands(
  commands: readonly (readonly string[])[],
  { folder, ...run }: XorrisoRun & { readonly folder?: string | undefined },
): Promise<XorrisoOutput> {
  const args = commands.flat();
  const bytes = args.reduce((sum, arg) => sum + Buffer.byteLength(arg) + 1, 0);
  if (folder === undefined || bytes <= mostArgumentBytes) return await runXorriso(args, run);
  const path = join(folder, 'commands');
  try {
    const lines = commands.map((command) => `${command.map(quoted).join(' ')}\n`);
    await writeFile(path, lines.join(''), { mode: 0o600 });
  } catch (error) {
    throw wordDiskError(error, `writing the commands for xorriso to ${path}`);
  }
  try {
    return await runXorriso(['-backslash_codes', 'in_double_quotes', '-options_from_file', path], run);
  } finally {
    await rm(path, { force: true });
  }
}

/** xorriso(1), "Quoted input": with codes for whatever means something there, and for all but ASCII. */
function quoted(word: string): string {
  const bytes = Array.from(Buffer.from(word), (byte) => {
    const isPlain = byte > 0x1f && byte < 0x7f && byte !== 0x22 && byte !== 0x5c;
    return isPlain ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`;
  });
  return `"${bytes.join('')}"`;
}

/**
 * Makes sure that there is a xorriso that can do what is asked of it.
 *
 * @returns its version, as `1.5.4`
 * @throws PaletteEdgeError `XORRISO_MISSING` or `XORRISO_TOO_OLD` (kind notFound) with the line that installs it
 */
export async function checkXorriso(run: Pick<XorrisoRun, 'xorriso' | 'signal'>): Promise<string> {
  const { stdout } = await runXorriso(['-version'], { ...run, maximumOutput: 64 * 1024, timeout: 30_000 });
  const version = /xorriso version\s*:\s*(\d+)\.(\d+)\.(\d+)/.exec(stdout)?.slice(1, 4).map(Number);
  if (version === undefined) {
    throw new PaletteEdgeError(
      'XORRISO_FAILED',
      `${run.xorriso} is not xorriso: asked for its version it said ${JSON.stringify(printable(stdout, 80))}`,
      { kind: 'failure', suggestions: howToInstall },
    );
  }
  if (isBefore(version, minimumVersion)) {
    throw new PaletteEdgeError(
      'XORRISO_TOO_OLD',
      `${run.xorriso} is of version ${version.join('.')}, but ${minimumVersion.join('.')} or later is needed`,
      { kind: 'notFound', suggestions: howToInstall },
    );
  }
  return version.join('.');
}

async function tellLines(
  child: { readonly iterable: (options: { readonly from: 'stderr' }) => AsyncIterable<unknown> },
  onLine: XorrisoRun['onLine'],
): Promise<void> {
  if (onLine === undefined) return;
  for await (const line of child.iterable({ from: 'stderr' })) onLine(String(line));
}

function isBefore(version: readonly number[], other: readonly number[]): boolean {
  const at = other.findIndex((number, index) => version[index] !== number);
  return at !== -1 && (version[at] ?? 0) < (other[at] ?? 0);
}

function missing(): PaletteEdgeError {
  return new PaletteEdgeError('XORRISO_MISSING', 'xorriso, which makes ISO images, is not on the PATH', {
    kind: 'notFound',
    suggestions: howToInstall,
  });
}

function failed(
  error: unknown,
  { maximumOutput, timeout }: Pick<XorrisoRun, 'maximumOutput' | 'timeout'>,
): unknown {
  if (!(error instanceof ExecaError)) return error;
  if (error.code === 'ENOENT' || error.code === 'EACCES') return missing();
  const said = typeof error.stderr === 'string' ? error.stderr : '';
  if (/No space left on device|quota exceeded|exceeds free space on media/i.test(said)) {
    return new PaletteEdgeError('DISK_FULL', 'writing the ISO image failed: no space left on the device', {
      kind: 'disk',
      suggestions: ['Free some space, or choose another place for the ISO image.'],
    });
  }
  const reason = error.isMaxBuffer
    ? `it printed more than ${maximumOutput} bytes`
    : error.timedOut
      ? `it took longer than ${(timeout ?? 0) / 1000} s`
      : complaint(said);
  return new PaletteEdgeError('XORRISO_FAILED', `xorriso failed: ${reason}`, { kind: 'failure' });
}

/** The first complaint says what went wrong, those that follow say what did not happen therefore. */
function complaint(said: string): string {
  const line = said.split(/[\r\n]+/).find((each) => / : (?:FAILURE|FATAL|SORRY|MISHAP) : /.test(each));
  return printable(line?.replace(/^\w+ : (\w+) : /, '') ?? 'it did not say why', 500);
}
