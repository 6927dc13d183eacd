import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { modules } from './project-folder.mjs';
import { rootPrefix } from './root-prefix.mjs';
import { run, say } from './run.mjs';
import { SetupError } from './setup-error.mjs';

/**
 * The tests that start images need a kernel to start. Debian's smallest one is unpacked, not installed; it stays in
 * node_modules/.cache until the next npm ci.
 */
export function ensureGuestKernel() {
  const folder = join(modules, '.cache', 'guest-kernel');
  if (existsSync(join(folder, 'boot'))) return;
  const meta = 'linux-image-cloud-amd64';
  const kernelPackage = () => {
    const { stdout } = spawnSync('apt-cache', ['depends', meta], { encoding: 'utf8' });
    return /Depends: (linux-image-[\w.+-]+)/.exec(stdout)?.[1];
  };
  const asRoot = rootPrefix();
  if (kernelPackage() === undefined && asRoot !== undefined)
    run('env', [...asRoot, 'apt-get', '-q', 'update']);
  const name = kernelPackage();
  const unpacking = `${folder}.new`;
  rmSync(unpacking, { recursive: true, force: true });
  mkdirSync(unpacking, { recursive: true });
  if (name !== undefined) {
    say(`fetching ${name} for the tests that start images`);
    run('apt-get', ['-q', 'download', name], { cwd: unpacking });
    const file = readdirSync(unpacking).find((each) => each.endsWith('.deb'));
    if (file !== undefined && run('dpkg-deb', ['-x', file, '.'], { cwd: unpacking }) === 0) {
      rmSync(join(unpacking, file));
      renameSync(unpacking, folder);
      return;
    }
  }
  rmSync(unpacking, { recursive: true, force: true });
  throw new SetupError(
    [
      `the tests that start images need Debian's kernel package ${meta}, and it could not be fetched with apt-get.`,
      `Elsewhere unpack it by hand, so that this folder holds boot/ and lib/: ${folder}`,
    ].join('\n'),
  );
}
