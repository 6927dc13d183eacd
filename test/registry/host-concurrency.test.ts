import { expect, test } from 'vitest';

import { HostConcurrency } from '../../src/registry/host-concurrency.ts';

function succeed(concurrency: HostConcurrency, times: number): number {
  for (let done = 0; done < times; done += 1) concurrency.succeeded();
  return concurrency.limit;
}

test('it begins at its maximum and never exceeds it', () => {
  const concurrency = new HostConcurrency(6);
  expect(concurrency.limit).toBe(6);
  expect(succeed(concurrency, 100)).toBe(6);
});

test('overload halves it, down to one', () => {
  const concurrency = new HostConcurrency(6);
  const limits = [1, 2, 3, 4].map(() => {
    concurrency.overloaded(concurrency.round);
    return concurrency.limit;
  });
  expect(limits).toEqual([3, 1, 1, 1]);
});

test('requests that were under way together halve it once', () => {
  const concurrency = new HostConcurrency(16);
  const { round } = concurrency;
  expect([1, 2, 3].map(() => concurrency.overloaded(round))).toEqual([true, false, false]);
  expect(concurrency.limit).toBe(8);
  expect(concurrency.overloaded(concurrency.round)).toBe(true);
  expect(concurrency.limit).toBe(4);
});

test('it grows by one after as many good answers as there are places', () => {
  const concurrency = new HostConcurrency(6);
  concurrency.overloaded(0);
  expect(succeed(concurrency, 2)).toBe(3);
  expect(succeed(concurrency, 1)).toBe(4);
  expect(succeed(concurrency, 3)).toBe(4);
  expect(succeed(concurrency, 1)).toBe(5);
  expect(succeed(concurrency, 5)).toBe(6);
});

test('good answers before an overload do not count after it', () => {
  const concurrency = new HostConcurrency(4);
  concurrency.overloaded(0);
  succeed(concurrency, 1);
  concurrency.overloaded(1);
  expect(concurrency.limit).toBe(1);
  concurrency.overloaded(2);
  expect(concurrency.succeeded()).toBe(true);
  expect(concurrency.limit).toBe(2);
});
