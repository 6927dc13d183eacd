import { expect, test } from 'vitest';

import { PaletteEdgeError } from '../../src/errors.ts';
import { HttpStatusError } from '../../src/http/http-status-error.ts';
import {
  defaultRetryPolicy,
  isRetryableStatus,
  parseRetryAfter,
  retryDelay,
} from '../../src/http/retry-policy.ts';

const policy = { ...defaultRetryPolicy, random: () => 1 };
const context = { failures: 1, hasAnswered: true, now: 0 };

test('server failures and overload are retryable, refusals are not', () => {
  const retried = [200, 400, 401, 403, 404, 408, 416, 429, 500, 501, 502, 503, 504].filter(isRetryableStatus);
  expect(retried).toEqual([408, 429, 500, 502, 503, 504]);
});

test('the wait doubles, is capped, and ends with the attempts', () => {
  const delays = [1, 2, 3, 4, 5].map((failures) =>
    retryDelay(failure('CONNECTION_LOST'), { ...context, failures }, { ...policy, maximumDelayMs: 3000 }),
  );
  expect(delays).toEqual([500, 1000, 2000, 3000, undefined]);
});

test('jitter takes away half of the wait at most', () => {
  expect(retryDelay(failure('CONNECTION_LOST'), context, { ...policy, random: () => 0 })).toBe(250);
});

test('Retry-After lengthens the wait, up to its own cap', () => {
  const wait = (retryAfter: string) => retryDelay(answer(429, retryAfter), context, policy);
  expect([wait('0'), wait('7'), wait('3600')]).toEqual([500, 7000, policy.maximumRetryAfterMs]);
});

test('a refused connection is final until the host has answered once', () => {
  const error = failure('CONNECTION_REFUSED');
  expect(retryDelay(error, { ...context, hasAnswered: false }, policy)).toBeUndefined();
  expect(retryDelay(error, context, policy)).toBe(500);
});

test('a mismatch is tried once more; other content errors, refusals and bugs are final', () => {
  expect(retryDelay(failure('DIGEST_MISMATCH'), context, policy)).toBe(500);
  expect(retryDelay(failure('DIGEST_MISMATCH'), { ...context, failures: 2 }, policy)).toBeUndefined();
  for (const error of [failure('MANIFEST_INVALID'), answer(404), new TypeError('bug'), 'text']) {
    expect(retryDelay(error, context, policy)).toBeUndefined();
  }
});

test('Retry-After is seconds or an HTTP date, and nothing else', () => {
  const now = Date.UTC(2026, 10, 24, 10, 0, 0);
  expect(parseRetryAfter('120', now)).toBe(120_000);
  expect(parseRetryAfter('Tue, 24 Nov 2026 10:00:30 GMT', now)).toBe(30_000);
  expect(parseRetryAfter('Tue, 24 Nov 2026 09:00:00 GMT', now)).toBe(0);
  for (const text of [undefined, '', '-1', '1.5', 'soon', '2027-01-01', '99999999999', 'Tue, x GMT']) {
    expect(parseRetryAfter(text, now)).toBeUndefined();
  }
});

function failure(code: string) {
  return new PaletteEdgeError(code, 'failed', { kind: 'network' });
}

function answer(status: number, retryAfter?: string) {
  return new PaletteEdgeError('ANSWER', 'failed', {
    kind: 'network',
    cause: new HttpStatusError(status, retryAfter),
  });
}
