import { getEventListeners } from 'node:events';

import { expect, test } from 'vitest';

import { untilAborted } from '../../src/io/until-aborted.ts';

const never = new Promise<never>(() => undefined);

test('it gives what the promise gives, and leaves no listener behind', async () => {
  const { signal } = new AbortController();
  expect(await untilAborted(Promise.resolve(1), signal)).toBe(1);
  expect(await untilAborted(Promise.resolve(2), undefined)).toBe(2);
  await expect(untilAborted(Promise.reject(new Error('no')), signal)).rejects.toThrow('no');
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

test('an abort ends the waiting with its reason, before or meanwhile', async () => {
  const controller = new AbortController();
  const waiting = untilAborted(never, controller.signal);
  controller.abort(new Error('stop'));
  await expect(waiting).rejects.toThrow('stop');
  await expect(untilAborted(Promise.resolve(1), controller.signal)).rejects.toThrow('stop');
});
