import { execFile } from 'node:child_process';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { fileDigest } from '../pull/debian-layers.ts';
import type { DebianPackage } from '../pull/debian-packages.ts';

const runFile = promisify(execFile);

/** Packages of the release before, and which of them are others. */
export interface OlderPackages {
  readonly packages: readonly DebianPackage[];
  /** `libc6 2.36-9+deb12u7 → 2.36-9+deb12u14` */
  readonly updates: readonly string[];
}

/**
 * The same packages in the newest version before theirs that apt's lists have: of point releases, updates and security. A package of which there
 * is no older one stays. So the way from these to the given ones is an update that Debian has made.
 *
 * @param archives a folder of packages; what it has is not asked for again
 */
export async function olderPackages(
  packages: readonly DebianPackage[],
  archives: string,
): Promise<OlderPackages> {
  await mkdir(archives, { recursive: true });
  const known = await knownVersions(packages.map(({ file }) => nameOf(file)));
  const older: DebianPackage[] = [];
  const updates: string[] = [];
  for (const one of packages) {
    const name = nameOf(one.file);
    const [, escaped = '', rest = ''] = one.file.split('_');
    const version = decodeURIComponent(escaped);
    const before = await versionBefore(known.get(name) ?? [], version);
    if (before === undefined) {
      older.push(one);
      continue;
    }
    const file = `${name}_${before.replaceAll(':', '%3a')}_${rest}`;
    if (!(await readdir(archives)).includes(file)) await download(`${name}=${before}`, archives);
    older.push({ file, hash: await fileDigest(join(archives, file)) });
    updates.push(`${name} ${before} → ${version}`);
  }
  return { packages: older, updates };
}

function nameOf(file: string): string {
  return file.slice(0, file.indexOf('_'));
}

/** By name. */
async function knownVersions(names: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
  const { stdout } = await runFile('apt-cache', ['madison', ...names]);
  const versions = new Map<string, string[]>();
  for (const row of stdout.split('\n')) {
    const [name = '', version = ''] = row.split('|').map((cell) => cell.trim());
    if (version !== '') versions.set(name, [...(versions.get(name) ?? []), version]);
  }
  return versions;
}

async function versionBefore(known: readonly string[], version: string): Promise<string | undefined> {
  let best: string | undefined;
  for (const candidate of new Set(known)) {
    if (!(await isLess(candidate, version))) continue;
    if (best === undefined || (await isLess(best, candidate))) best = candidate;
  }
  return best;
}

async function isLess(left: string, right: string): Promise<boolean> {
  return await runFile('dpkg', ['--compare-versions', left, 'lt', right]).then(
    () => true,
    () => false,
  );
}

async function download(wanted: string, archives: string): Promise<void> {
  await runFile('apt-get', ['-qq', '-o', 'APT::Sandbox::User=root', 'download', wanted], { cwd: archives });
}
