import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const runFile = promisify(execFile);
const program = 'helm';
const built = fileURLToPath(new URL('../../node_modules/.cache/helm/helm', import.meta.url));

/**
 * The path of Helm: the one that scripts/setup.mjs built, or the one on the PATH.
 *
 * @throws Error that says what to do when there is none: a test is never skipped because a program is not there
 */
export function helmProgram(): string {
  if (existsSync(built)) return built;
  if (spawnSync(program, ['version'], { stdio: 'ignore' }).status === 0) return program;
  throw new Error('this test needs Helm 3: run npm test, which sets it up, or install it');
}

/**
 * Runs Helm with folders of its own, so that nothing of the user's repositories and logins matters.
 *
 * @param folder where it keeps its own files, and its working directory
 * @returns what it printed
 * @throws Error with what it printed to stderr
 */
export async function helm(folder: string, ...args: readonly string[]): Promise<string> {
  const env = {
    PATH: process.env['PATH'],
    HOME: folder,
    HELM_CACHE_HOME: join(folder, '.helm', 'cache'),
    HELM_CONFIG_HOME: join(folder, '.helm', 'config'),
    HELM_DATA_HOME: join(folder, '.helm', 'data'),
  };
  const { stdout } = await runFile(helmProgram(), args, { cwd: folder, env });
  return stdout;
}
