import { expect, test } from 'vitest';

import { parseAge } from '../../src/cli/store-parse-age.ts';

test.each([
  ['30d', 30 * 86_400_000],
  ['2w', 14 * 86_400_000],
  ['12h', 43_200_000],
  ['45m', 2_700_000],
  ['0d', 0],
])('%s', (text, age) => {
  expect(parseAge(text)).toBe(age);
});

test.each(['', 'd', '30', '30 d', '-1d', '1.5d', '30D', '1y', '1d12h', '9999999d', ' 1d'])(
  '%j is no age',
  (text) => {
    expect(parseAge(text)).toBeUndefined();
  },
);
