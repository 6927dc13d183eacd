import { expect, test } from 'vitest';

import { transferText } from '../../src/views/transfer-text.ts';

test('a transfer whose speed is not known yet', () => {
  expect(transferText({ done: 0, total: 3e9 })).toBe('0 B of 3.00 GB, 0 %');
});

test('a transfer under way', () => {
  expect(transferText({ done: 1.2e9, total: 3e9, perSecond: 85e6 })).toBe(
    '1.20 GB of 3.00 GB, 40 %, 85.0 MB/s, 21 s left',
  );
});

test('a transfer that stands still has no end in sight', () => {
  expect(transferText({ done: 1.2e9, total: 3e9, perSecond: 0 })).toBe('1.20 GB of 3.00 GB, 40 %, 0 B/s');
});

test('a transfer that has ended says how long it took', () => {
  expect(transferText({ done: 3e9, total: 3e9, perSecond: 85e6, seconds: 35 })).toBe(
    '3.00 GB of 3.00 GB, 100 %, in 35 s',
  );
  expect(transferText({ done: 300, total: 300, seconds: 0.1 })).toBe('300 B of 300 B, 100 %, in under 1 s');
});

test('what is not finished is never 100 %', () => {
  expect(transferText({ done: 2_999_999_999, total: 3e9 })).toBe('3.00 GB of 3.00 GB, 99 %');
});

test('more than expected, after a blob was pulled twice, is 100 % and nothing left', () => {
  expect(transferText({ done: 330, total: 300, perSecond: 100 })).toBe(
    '330 B of 300 B, 100 %, 100 B/s, under 1 s left',
  );
});

test('nothing to do is all done', () => {
  expect(transferText({ done: 0, total: 0 })).toBe('0 B of 0 B, 100 %');
});

test('speeds that are no whole number of bytes are rounded', () => {
  expect(transferText({ done: 1, total: 1000, perSecond: 333.333 })).toBe(
    '1 B of 1.00 kB, 0 %, 333 B/s, 3 s left',
  );
});
