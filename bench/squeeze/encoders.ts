/**
 * Layers as different programs compress them: how large their recipes are, how fast these are found, and how fast the exact bytes come back, on one
 * processor and on two. README.md says how to read the tables that it prints.
 *
 *   npx node bench/squeeze/encoders.ts [--runs 3] [--megabytes 300] [--large-megabytes 500]
 *
 *   --only pigz           only programs with this in their names; `large` is the one large layer
 *   --cache DIR           of bench/pull, which fills it; skopeo is looked for in DIR/bin, then on the PATH
 *
 * On two processors: about three quarters of an hour. A program that takes more than half an hour ends it. Needs taskset, Go (1.8 to 1.26), and what
 * bench/pull and scripts/required-tools.json name.
 */
import { execFile } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';

import { imageSet } from '../pull/image-set.ts';
import { median, timedRun } from '../timed-run.ts';
import { layersOf } from './bench-place.ts';
import type { LayerFile } from './bench-place.ts';
import type { EncoderTrial } from './encoder-trial.ts';
import { goWriter, gzipWriters } from './gzip-writers.ts';
import type { GzipWriter } from './gzip-writers.ts';
import { markdownTable, rate } from './size-table.ts';
import { tarSize } from './tar-size.ts';

const runFile = promisify(execFile);
const trialScript = fileURLToPath(new URL('encoder-trial.ts', import.meta.url));
const longest = 30 * 60;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '3' },
    megabytes: { type: 'string', default: '300' },
    'large-megabytes': { type: 'string', default: '500' },
    only: { type: 'string', multiple: true },
    cache: { type: 'string', default: join(tmpdir(), 'palette-edge-bench') },
  },
});
const { cache } = values;
const path = [join(cache, 'bin'), process.env['PATH']].join(delimiter);
const work = join(cache, 'encoders');

/** A layer, and the bytes of its tar. */
interface SizedLayer extends LayerFile {
  readonly tar: number;
}

const headers = [
  'written by',
  'found',
  'gzip, MB',
  'recipes, bytes',
  'analyse, MB/s',
  'restore on one, MB/s',
  'on two, MB/s',
  'ratio',
];

const set = await imageSet(cache, 2e9);
const layers = await Promise.all(
  layersOf(set.images).map(async (layer) => ({
    ...layer,
    tar: await tarSize(join(cache, 'blobs', layer.digest)),
  })),
);
console.log(`Node ${process.versions.node}, ${availableParallelism()} processors. Set ${set.digest}`);
try {
  await small();
  await large();
} finally {
  await rm(work, { recursive: true, force: true });
}

async function small(): Promise<void> {
  const chosen = someLayers(Number(values.megabytes) * 1e6);
  const total = chosen.reduce((sum, { tar }) => sum + tar, 0);
  console.log(`\n${chosen.length} layers, one after the other, ${(total / 1e6).toFixed(0)} MB of tar:\n`);
  const writers = gzipWriters(path).filter(({ name }) => isWanted(name));
  const rows: string[][] = [];
  for (const writer of writers) {
    await emptyWork();
    for (const [index, { digest }] of chosen.entries())
      await compress(join(cache, 'blobs', digest), join(work, String(index)), writer.write);
    rows.push([writer.name, ...(await measure(writer.name))]);
  }
  console.log(markdownTable(headers, rows));
}

/** One layer on all processors: what a client waits for that pulls a large one. */
async function large(): Promise<void> {
  const bytes = Number(values['large-megabytes']) * 1e6;
  const [largest] = layers.toSorted((left, right) => right.tar - left.tar);
  if (largest === undefined || bytes === 0 || !isWanted('large')) return;
  const name = `Go 6, one layer of ${(Math.min(bytes, largest.tar) / 1e6).toFixed(0)} MB`;
  await emptyWork();
  const cut = async (tar: string, gzip: string) => {
    await timedRun(['truncate', '--size', `<${bytes}`, tar], { cwd: work });
    await goWriter(6)(tar, gzip);
  };
  await compress(join(cache, 'blobs', largest.digest), join(work, '0'), cut);
  console.log(`\n${markdownTable(headers, [[name, ...(await measure(name))]])}`);
}

/** Medians over the runs; all on one processor but what is said to be on two. */
async function measure(name: string): Promise<string[]> {
  const turns: { one: EncoderTrial; two: EncoderTrial }[] = [];
  for (let turn = 0; turn < Number(values.runs); turn += 1) {
    const one = await trial('0', []);
    const two = await trial('0,1', ['--restore-only']);
    console.error(
      `${turn + 1}: ${name}: ${one.restoreSeconds.toFixed(1)} s, ${two.restoreSeconds.toFixed(1)} s`,
    );
    turns.push({ one, two });
  }
  const first = turns.at(0);
  if (first === undefined) throw new Error('there are no runs');
  const { found, gzipBytes, recipeBytes, tarBytes, restoredTarBytes } = first.one;
  return [
    found.join(', '),
    (gzipBytes / 1e6).toFixed(1),
    String(recipeBytes),
    rate(tarBytes, median(turns.map(({ one }) => one.analyzeSeconds))),
    rate(restoredTarBytes, median(turns.map(({ one }) => one.restoreSeconds))),
    rate(restoredTarBytes, median(turns.map(({ two }) => two.restoreSeconds))),
    median(turns.map(({ one, two }) => one.restoreSeconds / two.restoreSeconds)).toFixed(2),
  ];
}

async function trial(processors: string, flags: readonly string[]): Promise<EncoderTrial> {
  const command = [process.execPath, trialScript, work, ...flags];
  const limited = ['--cpu-list', processors, 'timeout', String(longest), ...command];
  const { stdout } = await runFile('taskset', limited, { cwd: work });
  const result: EncoderTrial = JSON.parse(stdout);
  return result;
}

/** The first layers that are neither tiny nor huge, until they have so many bytes. */
function someLayers(bytes: number): readonly SizedLayer[] {
  const chosen: SizedLayer[] = [];
  let left = bytes;
  for (const layer of layers) {
    if (left <= 0) break;
    if (layer.tar < bytes / 20 || layer.tar > bytes) continue;
    chosen.push(layer);
    left -= layer.tar;
  }
  return chosen;
}

async function compress(blob: string, beside: string, write: GzipWriter['write']): Promise<void> {
  await timedRun(['sh', '-ec', 'gzip -dc < "$1" > "$2"', 'sh', blob, `${beside}.tar`], { cwd: work });
  await write(`${beside}.tar`, `${beside}.gz`);
}

async function emptyWork(): Promise<void> {
  await rm(work, { recursive: true, force: true });
  await mkdir(work, { recursive: true });
}

function isWanted(name: string): boolean {
  return values.only?.some((text) => name.includes(text)) ?? true;
}
