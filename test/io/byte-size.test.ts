import { expect, test } from 'vitest';

import { formatByteSize } from '../../src/io/byte-size.ts';

test.each([
  [0, '0 B'],
  [1, '1 B'],
  [999, '999 B'],
  [1000, '1.00 kB'],
  [1234, '1.23 kB'],
  [9994, '9.99 kB'],
  [9995, '10.0 kB'],
  [99_949, '99.9 kB'],
  [99_950, '100 kB'],
  [999_499, '999 kB'],
  [999_500, '1.00 MB'],
  [1_230_000_000, '1.23 GB'],
  [4_294_967_295, '4.29 GB'],
  [5e15, '5.00 PB'],
  [9_007_199_254_740_991, '9.01 PB'],
])('%d bytes are %s', (bytes, text) => {
  expect(formatByteSize(bytes)).toBe(text);
});
