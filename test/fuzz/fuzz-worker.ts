// The thread of npm run fuzz that reads changed bundles; whoever started it sees whether it hangs.
import { parentPort, workerData } from 'node:worker_threads';

import { fuzzRound } from './fuzz-round.ts';
import type { FuzzOutcome } from './fuzz-round.ts';
import { fuzzSamples } from './fuzz-samples.ts';

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
  | { readonly kind: 'end'; readonly index: number; readonly outcome: FuzzOutcome };

const { seed, first, end }: FuzzJob = workerData;
const samples = await fuzzSamples();
for (let index = first; index < end; index += 1) {
  // The memory that is told of is to be what reading takes, not what lies around until somebody collects it.
  if (index % 10 === 0) globalThis.gc?.();
  tell({ kind: 'begin', index });
  tell({ kind: 'end', index, outcome: await fuzzRound(samples, seed, index) });
}

function tell(news: FuzzNews): void {
  parentPort?.postMessage(news);
}
