import { describe, expect, test } from 'vitest';

import { planSoakBuild } from './plan-soak-build.ts';
import { runSoakBuild } from './soak-build.ts';

const seed = 20_261;

/** A handful of the soak, so that it cannot rot; npm run soak is the real one. */
describe('a build at random faults gives the right bundle or a clear error, and leaves nothing behind', () => {
  test.each([0, 1, 2, 3, 4, 5])('number %i', async (index) => {
    const { problems } = await runSoakBuild(planSoakBuild(seed, index));
    expect(problems).toEqual([]);
  });
});

test('the same seed and number plan the same build', () => {
  const words = (number: number): object => {
    const { rules: _, random: __, ...plan } = planSoakBuild(seed, number);
    return plan;
  };
  expect(words(3)).toEqual(words(3));
  expect(words(3)).not.toEqual(words(4));
});
