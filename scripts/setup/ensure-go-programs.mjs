import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { onPath } from './on-path.mjs';
import { modules } from './project-folder.mjs';
import { run, say } from './run.mjs';
import { SetupError } from './setup-error.mjs';

/**
 * What Debian has not. The one on the PATH is taken, or one is built from its source with Go, once: it stays in
 * node_modules/.cache until the next npm ci, and Go's own cache makes the next build short.
 */
export function ensureGoPrograms() {
  const programs = JSON.parse(readFileSync(new URL('../go-programs.json', import.meta.url), 'utf8'));
  for (const [name, program] of Object.entries(programs)) ensureGoProgram(name, program);
}

function ensureGoProgram(name, { module, version, home, asked, answer, for: tests }) {
  const folder = join(modules, '.cache', name);
  const runs = (program) => {
    const { status, stdout } = spawnSync(program, asked, { encoding: 'utf8' });
    return status === 0 && new RegExp(answer).test(stdout);
  };
  if (runs(join(folder, name)) || runs(name)) return;
  const source = `${module}@${version}`;
  if (onPath('go')) {
    say(`building ${name} ${version} with Go; the first time may take some minutes`);
    installWithGo(source, folder);
    if (runs(join(folder, name))) return;
  }
  throw new SetupError(
    [
      `${tests} need ${name} ${version}, and neither is one like it on the PATH nor could it be built.`,
      `Install it (${home}), or install Go, which builds it from Go's module proxy:`,
      `  GOBIN=${folder} go install ${source}`,
    ].join('\n'),
  );
}

function installWithGo(source, folder) {
  mkdirSync(folder, { recursive: true });
  run('go', ['install', '-trimpath', source], { env: { ...process.env, GOBIN: folder, GOFLAGS: '' } });
}
