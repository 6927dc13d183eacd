import { expect, test } from 'vitest';

import { PaletteEdgeError } from '../../src/errors.ts';
import { RetryBudget, withRetry } from '../../src/http/retry-budget.ts';
import type { Retry } from '../../src/http/retry-budget.ts';
import { defaultRetryPolicy } from '../../src/http/retry-policy.ts';
import { rejection } from '../support/rejection.ts';

const lost = new PaletteEdgeError('CONNECTION_LOST', 'lost', { kind: 'network' });
const policy = { ...defaultRetryPolicy, random: () => 1 };
const sleep = () => Promise.resolve();

test('an operation runs until it succeeds, and every retry is told before the wait', async () => {
  const events: (Retry | number)[] = [];
  const budget = new RetryBudget({
    policy,
    sleep: (milliseconds) => Promise.resolve(void events.push(milliseconds)),
    onRetry: (retry) => events.push(retry),
  });
  let left = 2;
  const result = await withRetry(() => (left-- > 0 ? Promise.reject(lost) : Promise.resolve('done')), budget);
  expect(result).toBe('done');
  expect(events).toEqual([
    { attempt: 1, delayMs: 500, error: lost },
    500,
    { attempt: 2, delayMs: 1000, error: lost },
    1000,
  ]);
});

test('the last error says how often it was tried', async () => {
  const error = await rejection(withRetry(() => Promise.reject(lost), new RetryBudget({ policy, sleep })));
  expect(error.message).toBe('lost (tried 5 times)');
  expect(error.code).toBe('CONNECTION_LOST');
});

test('progress starts the count anew', async () => {
  const budget = new RetryBudget({ policy: { ...policy, attempts: 2 }, sleep });
  for (let round = 0; round < 10; round += 1) {
    await budget.spend(lost);
    budget.reset();
  }
  await budget.spend(lost);
  await expect(budget.spend(lost)).rejects.toThrow('tried 2 times');
});

test('an aborted operation is not tried again, and its wait ends', async () => {
  const reason = new Error('interrupted');
  const controller = new AbortController();
  const budget = new RetryBudget({
    policy: { ...policy, baseDelayMs: 1e9, maximumDelayMs: 1e9 },
    onRetry: () => setImmediate(() => controller.abort(reason)),
    signal: controller.signal,
  });
  await expect(budget.spend(lost)).rejects.toBe(reason);
  await expect(budget.spend(lost)).rejects.toBe(reason);
});

test('what concerns more than the operation is judged by another, and not counted', async () => {
  const waits: number[] = [];
  let left = 20;
  const budget = new RetryBudget({
    policy,
    sleep: (milliseconds) => Promise.resolve(void waits.push(milliseconds)),
    judge: (error) => (error === lost ? { delayMs: 7 } : undefined),
  });
  const other = new PaletteEdgeError('CONNECTION_FAILED', 'failed', { kind: 'network' });
  await budget.spend(other);
  await withRetry(() => (left-- > 0 ? Promise.reject(lost) : Promise.resolve()), budget);
  await budget.spend(other);
  expect(waits).toEqual([500, ...Array.from({ length: 20 }, () => 7), 1000]);
});

test('the judge may end the operation with an error of its own, and is told of every end', async () => {
  const givenUp: unknown[] = [];
  const final = new Error('the host is down');
  const onGivingUp = (error: unknown): void => void givenUp.push(error);
  const judged = new RetryBudget({ policy, sleep, judge: () => ({ final }), onGivingUp });
  await expect(judged.spend(lost)).rejects.toBe(final);
  const refused = new PaletteEdgeError('ACCESS_DENIED', 'denied', { kind: 'authentication' });
  await expect(new RetryBudget({ policy, sleep, onGivingUp }).spend(refused)).rejects.toBe(refused);
  expect(givenUp).toEqual([lost, refused]);
});

test('something may be done with the time of a wait', async () => {
  const order: string[] = [];
  const budget = new RetryBudget({
    policy,
    sleep: () => Promise.resolve(void order.push('wait')),
    whileWaiting: async (waiting, error) => {
      order.push(`before ${String(error === lost)}`);
      await waiting();
      order.push('after');
    },
  });
  await budget.spend(lost);
  expect(order).toEqual(['before true', 'wait', 'after']);
});
