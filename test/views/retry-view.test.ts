import { expect, test } from 'vitest';

import { retryView } from '../../src/views/retry-view.ts';

test.each([
  [new Error('a.io/b:1: broken'), 'a.io/b:1: broken; trying again in 2 s'],
  [new Error('broken'), 'a.io/b:1: broken; trying again in 2 s'],
  ['broken', 'a.io/b:1: broken; trying again in 2 s'],
])('what, why and when: %s', (error, text) => {
  expect(retryView({ subject: 'a.io/b:1', delayMs: 2000, error })).toBe(text);
});
