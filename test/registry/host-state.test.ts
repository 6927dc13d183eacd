import { expect, test } from 'vitest';

import { PaletteEdgeError } from '../../src/errors.ts';
import { HttpStatusError } from '../../src/http/http-status-error.ts';
import { defaultRetryPolicy } from '../../src/http/retry-policy.ts';
import { HostState } from '../../src/registry/host-state.ts';

function failure(code: string): PaletteEdgeError {
  return new PaletteEdgeError(code, `a.test: ${code}`, { kind: 'network' });
}

function answer(status: number, retryAfter?: string): PaletteEdgeError {
  const cause = new HttpStatusError(status, retryAfter);
  return new PaletteEdgeError('ANSWER', `a.test answered ${status}`, { kind: 'network', cause });
}

/** A host with eight places, by a clock of the test. */
function hostWith() {
  let time = 0;
  const host = new HostState('a.test', 8, {
    policy: { ...defaultRetryPolicy, random: () => 1 },
    now: () => time,
    sleep: (milliseconds) => Promise.resolve(void (time += milliseconds)),
  });
  return { host, pass: (milliseconds: number) => (time += milliseconds) };
}

test('requests that were sent together and are refused together halve the limit once, and pause once', async () => {
  const { host } = hostWith();
  const rounds = await Promise.all([1, 2, 3].map(async () => await host.enter(undefined)));
  for (const round of rounds) host.failed(answer(429), round);
  expect(host.concurrency).toBe(4);
  expect(host.judge(answer(429, '1'))).toEqual({ delayMs: 1000 });
});

test('a failure that comes by twice counts once', async () => {
  const { host } = hostWith();
  const error = answer(503);
  host.failed(error, await host.enter(undefined));
  host.failed(error, await host.enter(undefined));
  expect(host.judge(error)).toBeUndefined();
  expect(host.concurrency).toBe(4);
});

test('the longest wish of several is granted', async () => {
  const { host } = hostWith();
  const round = await host.enter(undefined);
  const wishes = [answer(429, '5'), answer(429, '20'), answer(429)];
  for (const error of wishes) host.failed(error, round);
  expect(wishes.map((error) => host.judge(error))).toEqual([
    { delayMs: 20_000 },
    { delayMs: 20_000 },
    { delayMs: 20_000 },
  ]);
});

test('one that is refused with others, and fails when their pause is over, waits all the same', async () => {
  const { host, pass } = hostWith();
  const round = await host.enter(undefined);
  host.failed(answer(429), round);
  pass(500);
  const late = answer(429);
  host.failed(late, round);
  expect(host.judge(late)).toEqual({ delayMs: 500 });
});

test('bodies that stall together halve the limit once; later ones once more', () => {
  const { host, pass } = hostWith();
  host.judge(failure('CONNECTION_TIMEOUT'));
  host.judge(failure('CONNECTION_STALLED'));
  expect(host.concurrency).toBe(4);
  pass(60_000);
  host.judge(failure('CONNECTION_TIMEOUT'));
  expect(host.concurrency).toBe(2);
});

test('connections that break do not halve the limit', () => {
  const { host } = hostWith();
  for (let times = 0; times < 10; times += 1) host.judge(failure('CONNECTION_LOST'));
  expect(host.concurrency).toBe(8);
});

test('good answers let the limit grow, and who waits get the place', async () => {
  const { host } = hostWith();
  for (const round of [0, 1, 2]) host.failed(answer(503), round);
  expect(host.concurrency).toBe(1);
  await host.places.acquire();
  const waiting = host.places.acquire();
  host.succeeded();
  expect(host.concurrency).toBe(2);
  await waiting;
});

test('a login that is refused does not keep a host up whose login server is dead', () => {
  const { host } = hostWith();
  for (let attempt = 0; attempt < 5; attempt += 1) {
    host.answered(401, {});
    host.judge(failure('CONNECTION_REFUSED'));
  }
  host.givenUp(failure('CONNECTION_REFUSED'));
  expect(host.isDown).toBe(true);
});

test('any other answer does', () => {
  const { host } = hostWith();
  for (let attempt = 0; attempt < 5; attempt += 1) {
    host.answered(404, {});
    host.judge(failure('CONNECTION_LOST'));
  }
  host.givenUp(failure('CONNECTION_LOST'));
  expect(host.isDown).toBe(false);
});

test('what is no failure of the connection does not take a host down', () => {
  const { host } = hostWith();
  for (const error of [answer(500), failure('DIGEST_MISMATCH'), new TypeError('bug')]) host.givenUp(error);
  expect(host.isDown).toBe(false);
});

test('who fails at a host that is down by now is not retried', () => {
  const { host } = hostWith();
  host.givenUp(failure('CONNECTION_REFUSED'));
  const error = failure('CONNECTION_LOST');
  expect(host.judge(error)).toEqual({ final: error });
  expect(host.judge(answer(500))).toBeUndefined();
});

test('those who can do without a host that is paused are told at once', async () => {
  const { host, pass } = hostWith();
  host.refuseWhilePaused();
  host.failed(answer(429, '20'), await host.enter(undefined));
  expect(() => host.refuseWhilePaused()).toThrow('a.test asked to be left alone for another 20 s');
  pass(20_000);
  host.refuseWhilePaused();
});
