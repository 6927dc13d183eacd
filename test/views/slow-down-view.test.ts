import { expect, test } from 'vitest';

import { slowDownView } from '../../src/views/slow-down-view.ts';

const retry = { registry: 'a.io', subject: 'a.io/app:1', attempt: 1, delayMs: 7000, error: new Error('x') };

test('a wait that the registry asked for is told with what comes after it', () => {
  expect(slowDownView({ ...retry, slowDown: { concurrency: 3 } })).toBe(
    'a.io asked to slow down: waiting 7 s, then 3 requests at a time',
  );
  expect(slowDownView({ ...retry, slowDown: { concurrency: 1 } })).toBe(
    'a.io asked to slow down: waiting 7 s, then 1 request at a time',
  );
});

test('any other wait is not of its asking', () => {
  expect(slowDownView(retry)).toBeUndefined();
});
