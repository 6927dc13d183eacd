import { expect, test } from 'vitest';

import { BlobAhead, defaultAheadLimits } from '../../src/registry/blob-ahead.ts';

test('memory is given up to its limit, and comes back as it is freed, never more than was taken', () => {
  const ahead = new BlobAhead({ ...defaultAheadLimits, memory: 100 });
  const first = ahead.tryReserve(60);
  expect(ahead.tryReserve(41)).toBeUndefined();
  first?.free(1);
  const second = ahead.tryReserve(41);
  expect(ahead.reserved).toBe(100);
  first?.free(1000);
  first?.free(1);
  expect(ahead.reserved).toBe(41);
  second?.free(41);
  expect(ahead.reserved).toBe(0);
});

test('a registry without ranges is remembered, others are not suspected', () => {
  const ahead = new BlobAhead();
  ahead.rememberWithoutRanges('one.example');
  expect(ahead.mayHonourRanges('one.example')).toBe(false);
  expect(ahead.mayHonourRanges('other.example')).toBe(true);
});
