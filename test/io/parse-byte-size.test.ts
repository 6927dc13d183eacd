import { expect, test } from 'vitest';

import { parseByteSize } from '../../src/io/parse-byte-size.ts';

test.each([
  ['0', 0],
  ['1048576', 1_048_576],
  ['512B', 512],
  ['700MB', 700_000_000],
  ['650MiB', 681_574_400],
  ['650 mib', 681_574_400],
  ['3GB', 3_000_000_000],
  ['3gib', 3_221_225_472],
  ['4GiB-1', 4_294_967_295],
  ['1TB', 1_000_000_000_000],
  ['2TiB-512', 2_199_023_255_040],
  ['4.7GB', 4_700_000_000],
  ['4.35GB', 4_350_000_000],
  ['1.1GB', 1_100_000_000],
  ['0.5KiB', 512],
  ['10-10', 0],
])('%s is %i bytes', (text, bytes) => {
  expect(parseByteSize(text)).toBe(bytes);
});

test.each([
  '',
  ' ',
  'GB',
  '3G',
  '3K',
  '3 Gb s',
  '3PB',
  '-1',
  '+3GB',
  '1.5',
  '1.GB',
  '.5GB',
  '1,5GB',
  '0x10',
  '1e9',
  '3GB-',
  '3GB-1B',
  '1-2',
  'Infinity',
  '9999999TiB',
  '99999999999999999',
  '3GB\n',
])('%j is no size', (text) => {
  expect(parseByteSize(text)).toBeUndefined();
});
