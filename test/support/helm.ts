import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { goProgram } from './go-program.ts';

const runFile = promisify(execFile);

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
  const { stdout } = await runFile(goProgram('helm'), args, { cwd: folder, env });
  return stdout;
}
