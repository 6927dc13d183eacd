import { expect, test } from 'vitest';

import { runLimited } from '../../src/io/run-limited.ts';

const quiet = new AbortController().signal;

test('results come in the order of the items, whatever finishes first', async () => {
  const gates = [0, 1, 2].map(() => Promise.withResolvers<void>());
  const run = runLimited([0, 1, 2], { concurrency: 3, signal: quiet }, async (item) => {
    await gates[item]?.promise;
    return item * 10;
  });
  for (const gate of gates.toReversed()) gate.resolve();
  expect(await run).toEqual([0, 10, 20]);
});

test('no more jobs run at once than allowed, and as many as allowed', async () => {
  let running = 0;
  let most = 0;
  await runLimited(Array.from({ length: 20 }), { concurrency: 4, signal: quiet }, async () => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
  });
  expect(most).toBe(4);
});

test('the first failure is thrown, after the jobs under way were told and have ended; no further one starts', async () => {
  const started: number[] = [];
  const ended: number[] = [];
  const failure = new Error('no');
  const run = runLimited([0, 1, 2, 3], { concurrency: 2, signal: quiet }, async (item, signal) => {
    started.push(item);
    if (item === 0) throw failure;
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    await new Promise((resolve) => setImmediate(resolve));
    ended.push(item);
    throw new Error('a consequence of the first');
  });
  await expect(run).rejects.toBe(failure);
  expect(started).toEqual([0, 1]);
  expect(ended).toEqual([1]);
});

test('an aborted signal ends it with its reason, and every job has ended', async () => {
  const controller = new AbortController();
  const reason = new Error('stop');
  let ended = 0;
  const bothRun = Promise.withResolvers<void>();
  const run = runLimited([0, 1, 2], { concurrency: 2, signal: controller.signal }, async (item, signal) => {
    if (item === 1) bothRun.resolve();
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    ended += 1;
    signal.throwIfAborted();
  });
  await bothRun.promise;
  controller.abort(reason);
  await expect(run).rejects.toBe(reason);
  expect(ended).toBe(2);
});

test('nothing to do is done', async () => {
  expect(
    await runLimited([], { concurrency: 1, signal: quiet }, async () => await Promise.resolve(1)),
  ).toEqual([]);
});
