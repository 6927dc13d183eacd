import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where a credential helper and `sh` are found. */
export function helperPath(folder: string): string {
  return `${folder}:/usr/bin:/bin`;
}

/** Writes `docker-credential-NAME` that runs a shell script. */
export async function writeHelper(folder: string, name: string, script: string): Promise<void> {
  const file = join(folder, `docker-credential-${name}`);
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
}

/**
 * Writes a helper that keeps one password in its folder, talks a lot on standard error, and writes down how it was run:
 * {@link helperRuns}.
 */
export async function writeKeepingHelper(folder: string, name: string): Promise<void> {
  const script = `
cd ${folder}
echo "a lot of noise about $1" >&2
printf '%s\\n' "$0 $*" >> runs
tr '\\0' '\\n' < /proc/$$/environ > environment
case "$1" in
  store) cat > kept ;;
  get) if [ -f kept ]; then cat kept; else echo "credentials not found in native keychain"; exit 1; fi ;;
  erase) if [ -f kept ]; then rm kept; else echo "credentials not found in native keychain"; exit 1; fi ;;
esac`;
  await writeHelper(folder, name, script);
}

/** The command lines and the last environment that a {@link writeKeepingHelper} was run with. */
export async function helperRuns(folder: string): Promise<{ runs: string[]; environment: string }> {
  const runs = await readFile(join(folder, 'runs'), 'utf8');
  return {
    runs: runs.trim().split('\n'),
    environment: await readFile(join(folder, 'environment'), 'utf8'),
  };
}
