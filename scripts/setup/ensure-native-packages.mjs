import { copyFileSync, existsSync, linkSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { modules, root } from './project-folder.mjs';
import { npm, say } from './run.mjs';
import { SetupError } from './setup-error.mjs';

/**
 * npm leaves out optional packages that do not support the Node it runs on. Under an old Node these are the native
 * parts of vitest, oxlint and oxfmt, so everything is installed once more under the project's own Node.
 */
export function ensureNativePackages() {
  const missing = missingNativePackages();
  if (missing.length === 0) return;
  say(`npm left out ${missing.join(', ')}: npm ci again, under the project's own Node`);
  // npm ci removes node_modules, with the Node that runs it: so that Node needs a name outside.
  const keep = join(root, '.cache', 'setup');
  rmSync(keep, { recursive: true, force: true });
  mkdirSync(keep, { recursive: true });
  try {
    linkOrCopy(join(modules, 'node', 'bin', 'node'), join(keep, 'node'));
    npm(['ci'], keep);
  } finally {
    rmSync(keep, { recursive: true, force: true });
  }
  const stillMissing = missingNativePackages();
  if (stillMissing.length === 0) return;
  throw new SetupError(
    [
      `these native packages are still missing: ${stillMissing.join(', ')}.`,
      'Check that optional packages are not left out (--omit=optional, --no-optional, or omit= in an .npmrc), then run: npm ci',
    ].join('\n'),
  );
}

/** What the lock file lists for this platform and is not in node_modules. */
function missingNativePackages() {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const machine = { os: process.platform, cpu: process.arch, libc: thisLibc() };
  return Object.entries(packages)
    .filter(([, entry]) => entry.optional && entry.os && entry.cpu && isFor(machine, entry))
    .map(([path]) => path)
    .filter((path) => !existsSync(join(root, path, 'package.json')))
    .map((path) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length));
}

function isFor(machine, { os, cpu, libc }) {
  if (!os.includes(machine.os) || !cpu.includes(machine.cpu)) return false;
  return libc === undefined || libc.includes(machine.libc);
}

function thisLibc() {
  process.report.excludeNetwork = true;
  return process.report.getReport().header.glibcVersionRuntime === undefined ? 'musl' : 'glibc';
}

function linkOrCopy(from, to) {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}
