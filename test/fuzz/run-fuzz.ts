// Reads changed bundles, and changed bytes of all that is parsed, again and again: npm run fuzz -- --seed 1 --minutes 5
// Ends with 1 when reading one ended in anything but an error for the user, hung, or took too much memory.
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';

import { peakMemory } from '../support/peak-memory.ts';
import type { FuzzJob, FuzzNews } from './fuzz-worker.ts';

const { values } = parseArgs({
  options: {
    /** Another one every time unless given; printed. */
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    /** No new bundle is begun after this. */
    minutes: { type: 'string', default: '1' },
    /** Ends after this many. */
    bundles: { type: 'string', default: 'Infinity' },
    /** Reads this one only. */
    only: { type: 'string' },
    verbose: { type: 'boolean', default: false },
  },
});

/** Reading one takes milliseconds. */
const boundMs = 60_000;
/** Bundles stay below 300: the samples are some hundred kilobytes each. The tree of a YAML text takes a thousand bytes for each of its characters. */
const mostMebibytes = 600;

const seed = Number(values.seed);
const first = values.only === undefined ? 0 : Number(values.only);
const job: FuzzJob = { seed, first, end: values.only === undefined ? Number(values.bundles) : first + 1 };
const started = performance.now();
const endings = new Map<string, number>();
let failures = 0;
let bundles = 0;
let current = first;

console.log(`fuzz: seed ${seed}`);
const worker = new Worker(new URL('fuzz-worker.ts', import.meta.url), { workerData: job });
let watchdog = setTimeout(hang, boundMs);
worker.on('message', (news: FuzzNews) => {
  current = news.index;
  clearTimeout(watchdog);
  watchdog = setTimeout(hang, boundMs);
  if (news.kind === 'begin') return;
  for (const { words, ending, problems } of news.outcomes) {
    const key = values.verbose ? `${ending}: ${words}` : ending;
    endings.set(key, (endings.get(key) ?? 0) + 1);
    if (problems.length > 0) fail([words, ...problems]);
  }
  bundles += 1;
  if (performance.now() - started > Number(values.minutes) * 60_000) report();
});
worker.on('error', (error) => {
  fail([`an error that nobody took care of: ${error instanceof Error ? error.stack : String(error)}`]);
  report();
});
worker.on('exit', report);

function hang(): void {
  fail([`not over after ${boundMs} ms`]);
  report();
}

function fail(problems: readonly string[]): void {
  failures += 1;
  console.log(`fuzz: bundle ${current} FAILED\n  ${problems.join('\n  ')}`);
  console.log(`  repeat: npm run fuzz -- --seed ${seed} --only ${current}`);
}

function report(): void {
  const peak = Math.round(peakMemory('self') / 2 ** 20);
  if (peak > mostMebibytes) fail([`up to here ${peak} MiB of memory were in use`]);
  const seconds = Math.round((performance.now() - started) / 1000);
  console.log(`fuzz: ${bundles} bundles, and what parsers get, in ${seconds} s, seed ${seed}, ${peak} MiB`);
  const sorted = [...endings].toSorted(([, left], [, right]) => right - left);
  for (const [ending, count] of sorted) console.log(`  ${String(count).padStart(6)}  ${ending}`);
  console.log(failures === 0 ? 'fuzz: nothing wrong' : `fuzz: ${failures} FAILED`);
  // What hangs would keep the process from ending.
  process.exit(failures > 0 || bundles === 0 ? 1 : 0);
}
