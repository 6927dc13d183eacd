import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { runReused } from './reused-process.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A program of commands that do what they should not, as `palette-edge` is laid out. */
const commands = {
  leave: `process.exitCode = 3; process.env.LEFT = 'left'; process.chdir('/');`,
  tell: `console.log(process.cwd(), process.env.LEFT, process.env.GIVEN, process.pid); console.error(process.argv.slice(2).join());`,
  hold: `setTimeout(() => { console.log('late'); process.exitCode = 4; }, 50);`,
  exit: `console.log('before'); process.exit(7);`,
  stray: `setTimeout(() => { throw new Error('stray'); });`,
};
let entry: string;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'palette-edge-commands-'));
  entry = join(folder, 'run.js');
  const oclif = { bin: 'sample', commands: './commands' };
  const pjson = { name: 'sample', version: '1.0.0', type: 'module', oclif };
  await mkdir(join(folder, 'commands'));
  await writeFile(join(folder, 'package.json'), JSON.stringify(pjson));
  await writeFile(join(folder, 'assume-user.js'), '');
  for (const [name, body] of Object.entries(commands)) {
    const text = `export default class { static async run() { ${body} } }\n`;
    await writeFile(join(folder, 'commands', `${name}.js`), text);
  }
});
afterAll(async () => await rm(folder, { recursive: true, force: true }));

const run = async (args: readonly string[], env: Readonly<Record<string, string>> = {}, cwd = '/') =>
  await runReused(entry, { args, cwd, env });

test('nothing of a run is left in the next one, which has the same process', async () => {
  const cwd = await realpath(await temporaryFolder());
  const first = await run(['tell'], { GIVEN: 'a' }, cwd);
  expect(first).toMatchObject({ code: 0, stderr: 'tell\n' });
  expect(await run(['leave'])).toEqual({ code: 3, stdout: '', stderr: '' });
  const again = await run(['tell', 'x'], {}, cwd);
  expect(again).toMatchObject({ code: 0, stderr: 'tell,x\n' });
  const pid = first.stdout.trim().split(' ').at(-1);
  expect(first.stdout).toBe(`${cwd} undefined a ${pid}\n`);
  expect(again.stdout).toBe(`${cwd} undefined undefined ${pid}\n`);
});

test('runs side by side have processes of their own', async () => {
  const [one, other] = await Promise.all([run(['tell']), run(['tell'])]);
  expect(one.stdout).not.toBe(other.stdout);
});

test('a run ends when nothing is left that keeps its process', async () => {
  expect(await run(['hold'])).toEqual({ code: 4, stdout: 'late\n', stderr: '' });
});

test('a run that ends its process has its exit code, and the next one goes on in another', async () => {
  expect(await run(['exit'])).toEqual({ code: 7, stdout: 'before\n', stderr: '' });
  expect(await run(['stray'])).toMatchObject({ code: 1, stderr: expect.stringContaining('Error: stray') });
  expect(await run(['tell'])).toMatchObject({ code: 0 });
});
