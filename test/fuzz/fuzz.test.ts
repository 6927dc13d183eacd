import { expect, test } from 'vitest';

import { fuzzRound } from './fuzz-round.ts';
import type { FuzzOutcome } from './fuzz-round.ts';
import { fuzzSamples } from './fuzz-samples.ts';
import { mutations } from './mutations.ts';

const seed = 20_261;
const rounds = 400;

/** A handful of the fuzzing, so that it cannot rot; npm run fuzz is the real one. */
test('a changed bundle is read, refused, or found to be damaged, by every way of reading it alike', async () => {
  const samples = await fuzzSamples();
  const outcomes: FuzzOutcome[] = [];
  for (let index = 0; index < rounds; index += 1) outcomes.push(await fuzzRound(samples, seed, index));
  expect(
    outcomes.flatMap(({ words, problems }) => problems.map((problem) => `${words}: ${problem}`)),
  ).toEqual([]);
  const endings = new Set(outcomes.map(({ ending }) => ending));
  for (const ending of ['whole', 'damaged', 'BUNDLE_DAMAGED', 'BUNDLE_TRUNCATED', 'INVENTORY_INVALID'])
    expect(endings).toContain(ending);
  const tried = outcomes.map(({ words }) => words);
  for (const name of Object.keys(mutations)) expect(tried.some((words) => words.endsWith(name))).toBe(true);
});

test('the same seed and number change the same bundle in the same way', async () => {
  const samples = await fuzzSamples();
  expect(await fuzzRound(samples, seed, 7)).toEqual(await fuzzRound(samples, seed, 7));
});
