import { expect, test } from 'vitest';

import { PaletteEdgeError } from '../../src/errors.ts';
import { HttpStatusError } from '../../src/http/http-status-error.ts';
import {
  defaultRetryPolicy,
  isConnectionFailure,
  isOverload,
  isRetryableStatus,
  isThrottling,
  parseRetryAfter,
  retryDelay,
  throttlePause,
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

test('a host that never answered in time is tried twice, one that did through an outage of a minute', () => {
  const error = failure('CONNECTION_TIMEOUT');
  const delays = (hasAnswered: boolean) =>
    [1, 2, 4, 7, 8].map((failures) => retryDelay(error, { ...context, failures, hasAnswered }, policy));
  expect(delays(false)).toEqual([500, undefined, undefined, undefined, undefined]);
  expect(delays(true)).toEqual([500, 1000, 4000, 30_000, undefined]);
});

test('a limit of pulls that is used up is not asked for again', () => {
  const error = new PaletteEdgeError('PULL_LIMIT_REACHED', 'failed', {
    kind: 'network',
    cause: new HttpStatusError(429),
  });
  expect(retryDelay(error, context, policy)).toBeUndefined();
  expect(isThrottling(error)).toBe(false);
});

test('429, and 503 that says for how long, ask all requests to slow down', () => {
  expect(isThrottling(answer(429))).toBe(true);
  expect(isThrottling(answer(503, '5'))).toBe(true);
  for (const error of [answer(503), answer(500, '5'), failure('CONNECTION_TIMEOUT'), 'text']) {
    expect(isThrottling(error)).toBe(false);
  }
});

test('throttling, 503 and silence are overload; broken connections are not', () => {
  for (const error of [answer(429), answer(503), failure('CONNECTION_TIMEOUT')]) {
    expect(isOverload(error)).toBe(true);
  }
  for (const error of [answer(500), failure('CONNECTION_LOST'), answer(404), 'text']) {
    expect(isOverload(error)).toBe(false);
  }
});

test('a failure of the connection is one without an answer', () => {
  for (const code of ['CONNECTION_REFUSED', 'HOST_NOT_FOUND', 'CONNECTION_TIMEOUT', 'TLS_CERTIFICATE']) {
    expect(isConnectionFailure(failure(code))).toBe(true);
  }
  for (const error of [answer(500), failure('DIGEST_MISMATCH'), new TypeError('bug')]) {
    expect(isConnectionFailure(error)).toBe(false);
  }
});

test('a host that throttles is left alone for as long as it asks, up to an hour', () => {
  const pause = (asked: number) => throttlePause(asked, { rounds: 1, sinceMs: 0 }, policy);
  expect([pause(0), pause(7000), pause(3_600_000), pause(3_600_001)]).toEqual([
    0,
    7000,
    3_600_000,
    'asks-too-much',
  ]);
});

test('a host that does not say for how long, or again refuses after it, gets a pause that doubles', () => {
  const pauses = (asked: number | undefined) =>
    [1, 2, 3, 20].map((rounds) => throttlePause(asked, { rounds, sinceMs: 0 }, policy));
  expect(pauses(undefined)).toEqual([500, 1000, 2000, 30_000]);
  expect(pauses(1500)).toEqual([1500, 1500, 2000, 30_000]);
});

test('a host that throttles for a quarter of an hour is given up', () => {
  const pause = (sinceMs: number) => throttlePause(1000, { rounds: 1, sinceMs }, policy);
  expect([pause(899_999), pause(900_000)]).toEqual([1000, 'no-end']);
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
