import { expect, test } from 'vitest';

import { HostLimits } from '../../src/registry/host-limits.ts';

test('a place is waited for, and given to who came next', async () => {
  const limits = new HostLimits(1);
  const release = await limits.acquire('a.test');
  const order: string[] = [];
  const takeSecond = async (): Promise<void> => {
    const giveBack = await limits.acquire('a.test');
    order.push('second');
    giveBack();
  };
  const second = takeSecond();
  (await limits.acquire('b.test'))();
  order.push('another host');
  release();
  release();
  await second;
  expect(order).toEqual(['another host', 'second']);
});

test('who gives up waiting leaves no place taken', async () => {
  const limits = new HostLimits(1);
  const reason = new Error('interrupted');
  const controller = new AbortController();
  const release = await limits.acquire('a.test');
  const waiting = limits.acquire('a.test', controller.signal);
  controller.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  await expect(limits.acquire('a.test', controller.signal)).rejects.toBe(reason);
  release();
  (await limits.acquire('a.test'))();
});
