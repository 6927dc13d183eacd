import { expect, test } from 'vitest';

import { TransferRate } from '../../src/cli/transfer-rate.ts';

test('is not told before a quarter of a second has passed', () => {
  const rate = new TransferRate(1000);
  rate.add(500, 1100);
  expect(rate.perSecond(1249)).toBeUndefined();
  expect(rate.perSecond(1250)).toBe(2000);
});

test('a steady transfer has its speed, however the bytes come', () => {
  const rate = new TransferRate(0);
  for (let now = 10; now <= 60_000; now += 10) rate.add(100, now);
  expect(rate.perSecond(60_000)).toBe(10_000);
});

test('follows a change of speed within ten seconds', () => {
  const rate = new TransferRate(0);
  for (let now = 100; now <= 30_000; now += 100) rate.add(100_000, now);
  for (let now = 30_100; now <= 41_000; now += 100) rate.add(100, now);
  expect(rate.perSecond(41_000)).toBeCloseTo(1000, 6);
});

test('falls while nothing comes', () => {
  const rate = new TransferRate(0);
  for (let now = 100; now <= 1000; now += 100) rate.add(100, now);
  expect(rate.perSecond(1000)).toBe(1000);
  expect(rate.perSecond(10_000)).toBe(100);
  expect(rate.perSecond(100_000)).toBe(10);
});

test('nothing at all is no speed, not an unknown one', () => {
  expect(new TransferRate(0).perSecond(5000)).toBe(0);
});

test('works from any start of the clock', () => {
  const start = 1e12;
  const rate = new TransferRate(start);
  rate.add(1000, start + 500);
  expect(rate.perSecond(start + 1000)).toBe(1000);
});
