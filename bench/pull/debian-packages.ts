import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const runFile = promisify(execFile);

/** A package as the lists of apt name it. */
export interface DebianPackage {
  /** Name of the file in apt's cache: name, version, architecture. */
  readonly file: string;
  /** As apt wrote it: `SHA256:…` or `MD5Sum:…`. */
  readonly hash: string;
}

/**
 * Everything that an empty system needs to have these packages, without recommendations, sorted by name.
 *
 * @throws Error of apt-get, when it does not know one of them: `apt-get update` may help
 */
export async function packageClosure(names: readonly string[]): Promise<DebianPackage[]> {
  const folder = await mkdtemp(join(tmpdir(), 'palette-edge-apt-'));
  try {
    // apt leaves out what its cache has: so that the answer does not depend on it, this cache is empty.
    const stdout = await apt(folder, join(folder, 'archives'), ['-qq', '--print-uris', 'install', ...names]);
    return [...stdout.matchAll(/^'[^']*' (\S+) \d+ (\S*)$/gm)]
      .map(([, file = '', hash = '']) => ({ file, hash }))
      .toSorted((left, right) => (left.file < right.file ? -1 : 1));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Brings the closure of these packages into a folder; what it has already is not asked for again. */
export async function downloadPackages(names: readonly string[], archives: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'palette-edge-apt-'));
  try {
    await apt(folder, archives, ['-qq', '--download-only', 'install', ...names]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Which of these packages a folder has not. */
export async function missingPackages(
  packages: readonly DebianPackage[],
  archives: string,
): Promise<DebianPackage[]> {
  const present = new Set(await readdir(archives).catch(() => []));
  return packages.filter(({ file }) => !present.has(file));
}

async function apt(folder: string, archives: string, args: readonly string[]): Promise<string> {
  const status = join(folder, 'status');
  await writeFile(status, '');
  await mkdir(join(archives, 'partial'), { recursive: true });
  const options = [
    `Dir::State::status=${status}`,
    `Dir::Cache::archives=${archives}`,
    'APT::Install-Recommends=false',
    'APT::Sandbox::User=root',
    'Debug::NoLocking=true',
  ];
  const flags = options.flatMap((option) => ['-o', option]);
  const { stdout } = await runFile('apt-get', [...flags, '-y', ...args], { maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}
