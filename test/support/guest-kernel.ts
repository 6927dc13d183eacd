import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { guestInit, guestModules } from './guest-init.ts';
import { requireTool } from './required-tools.ts';

const run = promisify(execFile);
const cache = fileURLToPath(new URL('../../node_modules/.cache/guest-kernel', import.meta.url));

/** A kernel, and the first files that it has. */
export interface Guest {
  readonly kernel: string;
  readonly initrd: string;
}

/**
 * Packs the guest: the kernel that scripts/setup.mjs unpacked, and a file system in memory with busybox and {@link guestInit}.
 *
 * @param folder where it keeps its files
 * @throws Error that says what to do when the kernel is not there
 */
export async function makeGuest(folder: string): Promise<Guest> {
  const kernel = (await readdir(join(cache, 'boot')).catch(() => [])).find((name) =>
    name.startsWith('vmlinuz-'),
  );
  if (kernel === undefined)
    throw new Error('this test needs the kernel of a guest: run npm test, which sets it up');
  const root = join(folder, 'root');
  for (const name of ['bin', 'modules', 'proc', 'sys', 'dev', 'mnt']) {
    await mkdir(join(root, name), { recursive: true });
  }
  await copyFile(requireTool('busybox'), join(root, 'bin', 'busybox'));
  const modules = await modulePaths();
  for (const name of guestModules) {
    const path = modules.get(name);
    if (path === undefined) throw new Error(`the kernel of the guest has no module ${name}`);
    await copyFile(path, join(root, 'modules', `${name}.ko`));
  }
  await writeFile(join(root, 'init'), guestInit);
  await chmod(join(root, 'init'), 0o755);
  const initrd = join(folder, 'initrd.gz');
  const options = [
    '--format',
    'newc',
    '--uid',
    '0',
    '--gid',
    '0',
    '-z',
    '--options',
    'gzip:compression-level=1',
  ];
  await run(requireTool('bsdtar'), [...options, '-cf', initrd, '-C', root, '.']);
  return { kernel: join(cache, 'boot', kernel), initrd };
}

async function modulePaths(): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(join(cache, 'lib'), { recursive: true, withFileTypes: true });
  return new Map(
    entries
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ko'))
      .map((entry) => [entry.name.slice(0, -'.ko'.length), join(entry.parentPath, entry.name)]),
  );
}
