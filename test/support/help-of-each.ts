import { execFile } from 'node:child_process';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const mark = '\n=== next command\n';

/**
 * What `--help` shows of commands, all of them in one process: to start one takes longer than to show it.
 *
 * @param commands the words of each
 * @param entry `bin/run.js` of a package that is built
 * @throws Error when one of them fails
 */
export async function helpOfEach(
  commands: readonly (readonly string[])[],
  { entry, env }: { readonly entry: string; readonly env: Readonly<Record<string, string | undefined>> },
): Promise<readonly string[]> {
  const script = `
    import { run } from '@oclif/core';
    for (const words of ${JSON.stringify(commands)}) {
      process.stdout.write(${JSON.stringify(mark)});
      await run([...words, '--help'], ${JSON.stringify(pathToFileURL(entry).href)});
    }`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    cwd: dirname(entry),
    env,
    maxBuffer: 2 ** 24,
  });
  return stdout.split(mark).slice(1);
}
