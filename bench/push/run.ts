/**
 * Pushing a bundle beside peers that push the same content: into an empty docker-registry on loopback, and once more when it has all.
 *
 *   npm run build && npx node bench/push/run.ts [--gb 3] [--runs 5] [--only skopeo]
 *
 *   --palette-edge FILE   another bin/run.js in our place
 *   --cache DIR           peers are looked for in DIR/bin, then on the PATH
 *
 * All begin with the `.tar.zst`. Peers that cannot push from it unpack it first, each in the way that is best for it; *unpacked* is
 * without that, as if the content had come in a folder. Needs skopeo, zstd, tar, docker-registry and, for its rows, crane.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';

import { startDockerRegistry } from '../../test/support/docker-registry.ts';
import { pushSeededImages } from '../../test/support/push-seeded-images.ts';
import { benchImages } from '../bench-images.ts';
import { measuredRun } from '../pull/measured-run.ts';
import type { Figures } from '../pull/measured-run.ts';
import { median, timedRun } from '../timed-run.ts';
import { contestants } from './contestants.ts';
import type { Contestant } from './contestants.ts';

const { values } = parseArgs({
  options: {
    gb: { type: 'string', default: '3' },
    runs: { type: 'string', default: '5' },
    only: { type: 'string', multiple: true },
    'palette-edge': { type: 'string', default: fileURLToPath(new URL('../../bin/run.js', import.meta.url)) },
    cache: { type: 'string', default: join(tmpdir(), 'palette-edge-bench') },
  },
});
const path = [join(values.cache, 'bin'), process.env['PATH']].join(delimiter);
const runFile = promisify(execFile);

interface Outcome extends Figures {
  readonly contestant: string;
  readonly phase: 'empty' | 'again';
  readonly turn: number;
}

const root = await mkdtemp(join(tmpdir(), 'palette-edge-bench-'));
// Below another one: measuring writes beside the folder of a run.
const folder = join(root, 'work');
await mkdir(folder);
try {
  const names = await makeBundle();
  const outcomes: Outcome[] = [];
  const present = await presentContestants(names);
  for (let turn = 0; turn < Number(values.runs); turn += 1)
    for (const contestant of present) outcomes.push(...(await bothPhases(contestant, turn)));
  for (const phase of ['empty', 'again'] as const) console.log(`\n${table(outcomes, phase)}`);
} finally {
  await rm(root, { recursive: true, force: true });
}

/** @returns the names of its images without the registry */
async function makeBundle(): Promise<string[]> {
  const origin = await startDockerRegistry();
  try {
    const { references } = await pushSeededImages(origin.host, benchImages(Number(values.gb) * 1e9));
    await writeFile(join(folder, 'images.txt'), `${references.join('\n')}\n`);
    const args = ['--images-file', 'images.txt', '--plain-http', origin.host, '--store', 'store'];
    await timedRun(
      [process.execPath, values['palette-edge'], 'build', ...args, '--output', 'bundle.tar.zst'],
      { cwd: folder },
    );
    await rm(join(folder, 'store'), { recursive: true });
    return references.map((reference) => reference.slice(reference.indexOf('/') + 1));
  } finally {
    await origin.stop();
  }
}

/** Those that there are, ours first; says who is missing. */
async function presentContestants(names: readonly string[]): Promise<Contestant[]> {
  const present: Contestant[] = [];
  for (const contestant of contestants(values['palette-edge'], names)) {
    if (present.length > 0 && values.only?.includes(contestant.program) === false) continue;
    const isThere = await runFile('sh', ['-c', `command -v ${contestant.program}`], {
      env: { ...process.env, PATH: path },
    }).then(
      () => true,
      () => false,
    );
    if (isThere) present.push(contestant);
    else console.log(`${contestant.name}: ${contestant.program} is not there`);
  }
  return present;
}

async function bothPhases(contestant: Contestant, turn: number): Promise<Outcome[]> {
  const registry = await startDockerRegistry();
  try {
    const outcomes: Outcome[] = [];
    for (const phase of ['empty', 'again'] as const) {
      if (contestant.prepare !== undefined)
        await timedRun(['sh', '-ec', contestant.prepare], { cwd: folder });
      const figures = await measuredRun(contestant.script(registry.host), folder, path);
      await rm(join(folder, 'unpacked'), { recursive: true, force: true });
      outcomes.push({ ...figures, contestant: contestant.name, phase, turn });
      console.error(`${turn + 1}: ${contestant.name}, ${phase}: ${figures.seconds.toFixed(2)} s`);
    }
    return outcomes;
  } finally {
    await registry.stop();
  }
}

/** Medians of the runs; a ratio is the median of the ratios to ours in the same turn. */
function table(outcomes: readonly Outcome[], phase: Outcome['phase']): string {
  const ofPhase = outcomes.filter((outcome) => outcome.phase === phase);
  const names = [...new Set(ofPhase.map(({ contestant }) => contestant))];
  const title = `${values.gb} GB, ${phase === 'empty' ? 'empty registry' : 'all is there'}`;
  const head = [title, 'seconds', 'ratio', 'CPU, seconds', 'all processes, MB', 'written, MB'];
  const rows = names.map((name) => {
    const mine = ofPhase.filter(({ contestant }) => contestant === name);
    const ratios = mine.map(
      (outcome) =>
        outcome.seconds /
        (ofPhase.find(({ contestant, turn }) => contestant === names[0] && turn === outcome.turn)?.seconds ??
          Number.NaN),
    );
    return [
      name,
      median(mine.map(({ seconds }) => seconds)).toFixed(2),
      median(ratios).toFixed(2),
      median(mine.map(({ cpuSeconds }) => cpuSeconds)).toFixed(1),
      (median(mine.map(({ allProcesses }) => allProcesses)) / 1e6).toFixed(0),
      (median(mine.map(({ written }) => written)) / 1e6).toFixed(0),
    ];
  });
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}
