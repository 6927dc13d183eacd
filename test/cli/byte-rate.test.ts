import { expect, test } from 'vitest';

import { parseByteRate } from '../../src/cli/byte-rate.ts';

test.each([
  ['20MB/s', 20_000_000],
  ['500kB/s', 500_000],
  ['500KB/s', 500_000],
  ['1.5MiB/s', 1_572_864],
  ['1GiB/s', 1_073_741_824],
  ['100Mbit/s', 12_500_000],
  ['8 kbit/s', 1000],
  ['100mbits/s', 12_500_000],
  ['1000B/s', 1000],
  [' 2GB/s ', 2_000_000_000],
])('%j is %i bytes in a second', (text, bytes) => {
  expect(parseByteRate('--max-rate', text)).toBe(bytes);
});

test.each([
  ['20', 'is no rate'],
  ['20MB', 'is no rate'],
  ['MB/s', 'is no rate'],
  ['-1MB/s', 'is no rate'],
  ['1e9B/s', 'is no rate'],
  ['', 'is no rate'],
  ['20Mb/s', 'may be bytes or bits'],
  ['0MB/s', 'is too slow: at least 1kB/s'],
  ['999B/s', 'is too slow'],
])('%j is refused', (text, reason) => {
  expect(() => parseByteRate('--max-rate', text)).toThrow(
    expect.objectContaining({
      code: 'RATE_INVALID',
      kind: 'usage',
      message: expect.stringMatching(new RegExp(`^--max-rate .*${reason}`)),
    }),
  );
});
