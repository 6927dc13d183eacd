import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';

import { expect, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import { RestoringThreads } from '../../src/workflows/restoring-threads.ts';

test('no more recipes are in memory than layers are restored at a time', async () => {
  const threads = new RestoringThreads();
  const digest = digestOf('layer');
  const layer = { digest, size: 1, plain: digest, recipe: digest, encoder: 'any' };
  const gate = Promise.withResolvers<Uint8Array>();
  let read = 0;
  const content = {
    layer,
    plainSize: 1,
    recipe: async () => {
      read += 1;
      return await gate.promise;
    },
    plain: () => {
      throw new Error('the recipe is none');
    },
  };
  const layers = Array.from({ length: 20 }, () => threads.restore(content).next());
  const outcomes = Promise.allSettled(layers);
  // All that does not wait for a recipe has gone on by then.
  for (let turn = 0; turn < 10; turn += 1) await setImmediate();
  expect(read).toBe(Math.min(3, availableParallelism()));
  gate.resolve(Buffer.from('no recipe'));
  expect((await outcomes).every(({ status }) => status === 'rejected')).toBe(true);
  expect(read).toBe(20);
  await threads.close();
});
