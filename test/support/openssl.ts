import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { requireTool } from './required-tools.ts';

const run = promisify(execFile);

/**
 * Runs `openssl` in a folder.
 *
 * @param words of the command line, with spaces between them
 * @returns what it prints
 * @throws Error with what it says when it fails
 */
export async function openssl(cwd: string, words: string): Promise<string> {
  const { stdout } = await run(requireTool('openssl'), words.split(' '), { cwd });
  return stdout;
}
