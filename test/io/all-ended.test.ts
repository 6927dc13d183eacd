import { expect, test } from 'vitest';

import { allEnded } from '../../src/io/all-ended.ts';

test('it waits for what goes on after a failure, and throws the first in order, not in time', async () => {
  const slow = Promise.withResolvers<void>();
  let hasEnded = false;
  const first = slow.promise.then(() => {
    hasEnded = true;
    throw new Error('first');
  });
  const all = allEnded([first, Promise.reject(new Error('second'))]);
  slow.resolve();
  await expect(all).rejects.toThrow('first');
  expect(hasEnded).toBe(true);
});

test('without a failure it just ends', async () => {
  await expect(allEnded([Promise.resolve()])).resolves.toBeUndefined();
});
