// How long it takes until a command has answered: of the standalone executable, and of the package under Node.
//
//   npm run build && npm run build:standalone && npx node bench/start.ts [--runs 20]
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { median, timedRun } from './timed-run.ts';

const { values } = parseArgs({ options: { runs: { type: 'string', default: '20' } } });
const root = fileURLToPath(new URL('..', import.meta.url));
const executable = join(root, 'standalone', `palette-edge-linux-${process.arch}`);
type Command = readonly [string, ...string[]];
const contestants: readonly (readonly [name: string, command: (args: readonly string[]) => Command])[] = [
  ['the executable', (args) => [executable, ...args]],
  ['the package, with Node', (args) => [process.execPath, join(root, 'bin/run.js'), ...args]],
  ['Node alone, doing nothing', () => [process.execPath, '--eval', '0']],
];
const commands = [['--version'], ['inspect', 'palette-edge-demo/demo.tar.zst'], ['build', '--help']] as const;

const cwd = await mkdtemp(join(tmpdir(), 'palette-edge-start-'));
try {
  await timedRun([executable, 'demo'], { cwd });
  const times = new Map<string, number[]>();
  for (let turn = 0; turn < Number(values.runs); turn += 1) {
    await takeTurns(times);
  }
  const header = commands.map(([word]) => word).join(' | ');
  console.log(`milliseconds, median and least of ${values.runs} | ${header}`);
  for (const [name] of contestants) {
    const cells = commands.map(([word]) => cell(times.get(`${name} ${word}`) ?? []));
    console.log(`| ${name} | ${cells.join(' | ')} |`);
  }
} finally {
  await rm(cwd, { recursive: true });
}

/** Each command by each contestant. */
async function takeTurns(times: Map<string, number[]>): Promise<void> {
  for (const args of commands) {
    for (const [name, command] of contestants) {
      const key = `${name} ${args[0]}`;
      const seconds = await timedRun(command(args), { cwd });
      times.set(key, [...(times.get(key) ?? []), seconds * 1000]);
    }
  }
}

function cell(milliseconds: readonly number[]): string {
  return `${median(milliseconds).toFixed(0)} (${Math.min(...milliseconds).toFixed(0)})`;
}
