// Sources to dist/, one JavaScript file per source, and oclif's list of the commands. Stale files of an earlier build never
// stay: this is what is published.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { commandManifest } from './command-manifest.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = new URL('../dist', import.meta.url);
const manifest = new URL('../oclif.manifest.json', import.meta.url);
const tsc = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url));

rmSync(dist, { recursive: true, force: true });
rmSync(manifest, { force: true });
const { status } = spawnSync(process.execPath, [tsc, '-p', '.'], { cwd: root, stdio: 'inherit' });
if (status === 0) {
  nameWorkers();
  const pjson = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  writeFileSync(manifest, `${JSON.stringify(await commandManifest(root, pjson), null, 2)}\n`);
} else {
  // tsc writes its output in spite of errors.
  rmSync(dist, { recursive: true, force: true });
  process.exitCode = 1;
}

/** tsc rewrites the extensions of imports, but not those of workers: new Worker(new URL('./worker.ts', import.meta.url)). */
function nameWorkers() {
  for (const name of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.js')) continue;
    const file = new URL(`../dist/${name}`, import.meta.url);
    const text = readFileSync(file, 'utf8');
    const named = text.replaceAll(/(new URL\('\.[^']*)\.ts(', import\.meta\.url\))/g, '$1.js$2');
    if (named !== text) writeFileSync(file, named);
  }
}
