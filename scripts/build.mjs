// Sources to dist/, one JavaScript file per source, and oclif's list of the commands. Stale files of an earlier build never
// stay: this is what is published.
//
//   node scripts/build.mjs [FOLDER]   FOLDER has bin/ and package.json; the checkout unless said otherwise
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { commandManifest } from './command-manifest.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = resolve(process.argv[2] ?? root);
const dist = join(folder, 'dist');
const manifest = join(folder, 'oclif.manifest.json');
const tsc = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url));

rmSync(dist, { recursive: true, force: true });
rmSync(manifest, { force: true });
const { status } = spawnSync(process.execPath, [tsc, '-p', '.', '--outDir', dist], {
  cwd: root,
  stdio: 'inherit',
});
if (status === 0) {
  nameWorkers();
  const pjson = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  writeFileSync(manifest, `${JSON.stringify(await commandManifest(folder, pjson), null, 2)}\n`);
} else {
  // tsc writes its output in spite of errors.
  rmSync(dist, { recursive: true, force: true });
  process.exitCode = 1;
}

/** tsc rewrites the extensions of imports, but not those of workers: new Worker(new URL('./worker.ts', import.meta.url)). */
function nameWorkers() {
  for (const name of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.js')) continue;
    const file = join(dist, name);
    const text = readFileSync(file, 'utf8');
    const named = text.replaceAll(/(new URL\('\.[^']*)\.ts(', import\.meta\.url\))/g, '$1.js$2');
    if (named !== text) writeFileSync(file, named);
  }
}
