// The thread of npm run fuzz that reads changed bundles; whoever started it sees whether it hangs.
import { parentPort, workerData } from 'node:worker_threads';

import { fuzzRound } from './fuzz-round.ts';
import type { FuzzOutcome } from './fuzz-round.ts';
import { fuzzSamples } from './fuzz-samples.ts';
import { parserRound } from './parser-round.ts';
import { parserTargets } from './parser-targets.ts';

/** What the thread is to do. */
export interface FuzzJob {
  readonly seed: number;
  readonly first: number;
  /** The first that is not done. */
  readonly end: number;
}

/** What it tells: of each bundle before it is read, and after. */
export type FuzzNews =
  | { readonly kind: 'begin'; readonly index: number }
  | { readonly kind: 'end'; readonly index: number; readonly outcomes: readonly FuzzOutcome[] };

const { seed, first, end }: FuzzJob = workerData;
const samples = await fuzzSamples();
const targets = await parserTargets();
/** With each bundle: they take about as long together as it does. */
const parsersAtOnce = 2;
for (let index = first; index < end; index += 1) {
  // The memory that is told of is to be what reading takes, not what lies around until somebody collects it.
  if (index % 10 === 0) globalThis.gc?.();
  tell({ kind: 'begin', index });
  const outcomes = [await fuzzRound(samples, seed, index)];
  for (let number = 0; number < parsersAtOnce; number += 1)
    outcomes.push(await parserRound(targets, seed, index * parsersAtOnce + number));
  tell({ kind: 'end', index, outcomes });
}

function tell(news: FuzzNews): void {
  parentPort?.postMessage(news);
}
