import { expect, test } from 'vitest';

import type { FuzzOutcome } from './fuzz-round.ts';
import { parserRound } from './parser-round.ts';
import { parserTargets } from './parser-targets.ts';

const seed = 20_261;
const roundsEach = 12;

test('what parsers usually get is read', async () => {
  const refused: string[] = [];
  for (const { name, samples, read } of await parserTargets())
    for (const sample of samples)
      await toEnd(read, sample).catch((error: unknown) => refused.push(`${name}: ${String(error)}`));
  expect(refused).toEqual([]);
});

/** A handful of the fuzzing, so that it cannot rot; npm run fuzz is the real one. */
test('changed bytes of all that is parsed are read, or refused with an error for the user', async () => {
  const targets = await parserTargets();
  const outcomes: FuzzOutcome[] = [];
  for (let index = 0; index < targets.length * roundsEach; index += 1)
    outcomes.push(await parserRound(targets, seed, index));
  expect(
    outcomes.flatMap(({ words, problems }) => problems.map((problem) => `${words}: ${problem}`)),
  ).toEqual([]);
  expect(new Set(outcomes.map(({ words }) => words))).toEqual(new Set(targets.map(({ name }) => name)));
});

test('the same seed and number change the same bytes in the same way', async () => {
  const targets = await parserTargets();
  for (const index of [1, 2, 3])
    expect(await parserRound(targets, seed, index)).toEqual(await parserRound(targets, seed, index));
});

async function toEnd(read: (bytes: Buffer) => unknown, sample: string | Uint8Array): Promise<void> {
  await read(Buffer.from(sample));
}
