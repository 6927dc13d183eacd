// Builds at random faults, again and again: npm run soak -- --builds 200 --seed 1 --minutes 5
// Ends with 1 when a build gave a wrong bundle, an unclear error, a hang, or left something behind.
import { parseArgs } from 'node:util';

import { planSoakBuild } from './plan-soak-build.ts';
import { runSoakBuild } from './soak-build.ts';
import type { SoakOutcome } from './soak-build.ts';

const { values } = parseArgs({
  options: {
    builds: { type: 'string', default: '200' },
    /** Another one every time unless given; printed. */
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    /** No new build is begun after this. */
    minutes: { type: 'string', default: '10' },
    /** Runs this one build only. */
    only: { type: 'string' },
    /** Builds side by side: most of their time is waiting. */
    lanes: { type: 'string', default: '4' },
    verbose: { type: 'boolean', default: false },
  },
});

const seed = Number(values.seed);
const endings = new Map<string, number>();
const running = new Set<number>();
const failed = new Map<number, readonly string[]>();
const started = performance.now();

process.on('unhandledRejection', (reason) => strayed('an unhandled rejection', reason));
process.on('uncaughtException', (error) => strayed('an uncaught exception', error));

console.log(`soak: seed ${seed}`);
const indexes = values.only === undefined ? [...Array(Number(values.builds)).keys()] : [Number(values.only)];
const asked = indexes.length;
await Promise.all(Array.from({ length: Number(values.lanes) }, lane));
report();

async function lane(): Promise<void> {
  const end = started + Number(values.minutes) * 60_000;
  while (performance.now() < end) {
    const index = indexes.shift();
    if (index === undefined) return;
    running.add(index);
    await build(index);
    running.delete(index);
  }
}

async function build(index: number): Promise<void> {
  const plan = planSoakBuild(seed, index);
  const begun = performance.now();
  const { ending, problems } = await runSoakBuild(plan).catch(brokenSoak);
  endings.set(ending, (endings.get(ending) ?? 0) + 1);
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  const { prelude, isProcess, login, words } = plan;
  const what = `store: ${prelude}; login: ${login}${isProcess ? '; in a process' : ''}; ${words.join(' | ')}`;
  if (values.verbose) console.log(`soak: build ${index}: ${ending} (${seconds} s): ${what}`);
  if (problems.length > 0) fail(index, [`${ending}: ${what}`, ...problems]);
}

function brokenSoak(error: unknown): SoakOutcome {
  return {
    ending: 'broken',
    problems: [error instanceof Error ? (error.stack ?? error.message) : String(error)],
  };
}

/** Whose it was cannot be told when several run; each of them can be repeated alone. */
function strayed(what: string, reason: unknown): void {
  const told = `${what}: ${reason instanceof Error ? reason.stack : String(reason)}`;
  for (const index of running.size > 0 ? running : [-1]) fail(index, [told]);
}

function fail(index: number, problems: readonly string[]): void {
  failed.set(index, [...(failed.get(index) ?? []), ...problems]);
  console.log(`soak: build ${index} FAILED\n  ${problems.join('\n  ')}`);
  console.log(`  repeat: npm run soak -- --seed ${seed} --only ${index}`);
}

function report(): void {
  const done = [...endings.values()].reduce((sum, count) => sum + count, 0);
  const seconds = Math.round((performance.now() - started) / 1000);
  console.log(`soak: ${done} of ${asked} builds in ${seconds} s, seed ${seed}`);
  const sorted = [...endings].toSorted(([, left], [, right]) => right - left);
  for (const [ending, count] of sorted) console.log(`  ${String(count).padStart(4)}  ${ending}`);
  console.log(failed.size === 0 ? 'soak: nothing wrong' : `soak: ${failed.size} FAILED`);
  // What hangs would keep the process from ending.
  process.exit(failed.size > 0 || done === 0 ? 1 : 0);
}
