import { expect, test } from 'vitest';

import { contentCounts } from '../../src/views/content-counts.ts';

test.each([
  [0, 0, '0 images'],
  [1, 0, '1 image'],
  [0, 1, '1 chart'],
  [2, 3, '2 images and 3 charts'],
])('%i images and %i charts', (images, charts, text) => {
  expect(contentCounts(images, charts)).toBe(text);
});
