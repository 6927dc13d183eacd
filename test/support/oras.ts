import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const program = 'oras';
const built = fileURLToPath(new URL('../../node_modules/.cache/oras/oras', import.meta.url));

/**
 * The path of oras: the one that scripts/setup.mjs built, or the one on the PATH.
 *
 * @throws Error that says what to do when there is none: a test is never skipped because a program is not there
 */
export function orasProgram(): string {
  if (existsSync(built)) return built;
  if (spawnSync(program, ['version'], { stdio: 'ignore' }).status === 0) return program;
  throw new Error('this test needs oras: run npm test, which sets it up, or install it');
}
