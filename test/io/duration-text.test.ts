import { expect, test } from 'vitest';

import { durationText } from '../../src/io/duration-text.ts';

test.each([
  [0.6, '1 s'],
  [1.4, '1 s'],
  [35, '35 s'],
  [59.4, '59 s'],
  [59.6, '1 min'],
  [60, '1 min'],
  [250.4, '4 min 10 s'],
  [3599.6, '1 h'],
  [3600, '1 h'],
  [3659, '1 h'],
  [3660, '1 h 1 min'],
  [7500, '2 h 5 min'],
  [360_000, '100 h'],
])('%d seconds are %s', (seconds, text) => {
  expect(durationText(seconds)).toBe(text);
});

test.each([0, 0.25, 0.49, -0.001, -5])('%d seconds are not said to be none', (seconds) => {
  expect(durationText(seconds)).toBe('under 1 s');
});
