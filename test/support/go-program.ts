import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('../../', import.meta.url);
type GoProgram = 'helm' | 'crane' | 'oras' | 'versitygw';
const programs: Readonly<Record<GoProgram, { readonly asked: readonly string[] }>> = JSON.parse(
  readFileSync(new URL('scripts/go-programs.json', root), 'utf8'),
);

/**
 * The path of a program of scripts/go-programs.json: the one that scripts/setup.mjs built, or the one on the PATH.
 *
 * @throws Error that says what to do when there is none: a test is never skipped because a program is not there
 */
export function goProgram(name: GoProgram): string {
  const built = fileURLToPath(new URL(`node_modules/.cache/${name}/${name}`, root));
  if (existsSync(built)) return built;
  if (spawnSync(name, programs[name].asked, { stdio: 'ignore' }).status === 0) return name;
  throw new Error(`this test needs ${name}: run npm test, which sets it up, or install it`);
}
