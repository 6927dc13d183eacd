import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const program = 'crane';
const built = fileURLToPath(new URL('../../node_modules/.cache/crane/crane', import.meta.url));

/**
 * The path of crane: the one that scripts/setup.mjs built, or the one on the PATH.
 *
 * @throws Error that says what to do when there is none: a test is never skipped because a program is not there
 */
export function craneProgram(): string {
  if (existsSync(built)) return built;
  if (spawnSync(program, ['version'], { stdio: 'ignore' }).status === 0) return program;
  throw new Error('this test needs crane: run npm test, which sets it up, or install it');
}
