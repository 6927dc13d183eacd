// Sources to dist/, one JavaScript file per source. Stale files of an earlier build never stay: dist/ is what is published.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = new URL('../dist', import.meta.url);
const tsc = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url));

rmSync(dist, { recursive: true, force: true });
const { status } = spawnSync(process.execPath, [tsc, '-p', '.'], { cwd: root, stdio: 'inherit' });
if (status !== 0) {
  // tsc writes its output in spite of errors.
  rmSync(dist, { recursive: true, force: true });
  process.exitCode = 1;
}
