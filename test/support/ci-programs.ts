import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const runFile = promisify(execFile);

/**
 * Programs that only write down how they were called, before the others on the PATH: palette-edge, which also makes a bundle and tells of it, and
 * those that speak to servers. `gh` and `curl` bring the list of a bundle in parts.
 */
const programs = {
  'palette-edge': `case "$2" in
build)
  mkdir -p fleet/bundles
  : > "fleet/bundles/$BUNDLE-0123abcd.tar.zst"
  [ "$BUNDLE" = "$CURRENT" ] || printf '{"file":"%s-0123abcd.tar.zst"}\\n' "$BUNDLE" ;;
esac`,
  npm: '',
  gh: '',
  curl: `case "$*" in
*--output*parts.json*)
  while [ "$1" != --output ]; do shift; done
  printf '{"parts":[{"name":"one.part00"},{"name":"one.part01"}]}' > "$2" ;;
esac`,
};

/** Scripts of jobs, run where these programs stand for the real ones. */
export interface CiPrograms {
  /** Runs a script with bash, as GitHub does: the first failing command ends it. */
  readonly bash: (script: string, environment?: Readonly<Record<string, string>>) => Promise<void>;
  readonly environment: NodeJS.ProcessEnv;
  /** The calls so far, without the way of programs and without the folder: each `NAME ARGUMENTS`. */
  readonly calls: () => Promise<readonly string[]>;
}

/** @param root the checkout */
export async function ciPrograms(root: string): Promise<CiPrograms> {
  const [folder, log] = [join(root, '.programs'), join(root, '.calls')];
  await mkdir(folder);
  await writeFile(log, '');
  for (const [name, body] of Object.entries(programs)) {
    const path = join(folder, name);
    await writeFile(path, `#!/bin/sh\nprintf '%s\\n' "${name} $*" >> '${log}'\n${body}\n`);
    await chmod(path, 0o755);
  }
  const environment = { ...process.env, PATH: `${folder}:${process.env['PATH'] ?? ''}` };
  return {
    environment,
    bash: async (script, given = {}) => {
      await runFile('bash', ['-e', '-c', script], { cwd: root, env: { ...environment, ...given } });
    },
    calls: async () => (await readFile(log, 'utf8')).split('\n').filter((line) => line !== ''),
  };
}
