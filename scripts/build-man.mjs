// man/man1/*.1, for man -M: made of oclif's list of the commands, which scripts/build.mjs has written.
//
//   node scripts/build-man.mjs [FOLDER]   FOLDER has oclif.manifest.json and package.json; the checkout unless said otherwise
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { manPages } from './man-pages.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = resolve(process.argv[2] ?? root);
const read = (name) => JSON.parse(readFileSync(join(folder, name), 'utf8'));
const man = join(folder, 'man', 'man1');

rmSync(join(folder, 'man'), { recursive: true, force: true });
mkdirSync(man, { recursive: true });
for (const [name, text] of manPages(read('oclif.manifest.json'), read('package.json'))) {
  writeFileSync(join(man, name), text);
}
