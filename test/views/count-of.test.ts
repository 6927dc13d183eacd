import { expect, test } from 'vitest';

import { countOf } from '../../src/views/count-of.ts';

test.each([
  [0, '0 images'],
  [1, '1 image'],
  [2, '2 images'],
  [1_000_000, '1000000 images'],
])('%d is counted as %s', (count, text) => {
  expect(countOf(count, 'image')).toBe(text);
});
