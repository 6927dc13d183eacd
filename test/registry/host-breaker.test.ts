import { expect, test } from 'vitest';

import { PaletteEdgeError } from '../../src/errors.ts';
import { HostBreaker } from '../../src/registry/host-breaker.ts';

const refused = new PaletteEdgeError('CONNECTION_REFUSED', 'a.test: the connection was refused', {
  kind: 'network',
  suggestions: ['Check host name and port.'],
});

function breaking() {
  let time = 0;
  const breaker = new HostBreaker(() => time);
  return { breaker, pass: (milliseconds: number) => (time += milliseconds) };
}

test('a host that is up lets every request through', () => {
  const { breaker } = breaking();
  breaker.failed();
  breaker.check();
  expect(breaker.isDown).toBe(false);
});

test('a host that is down refuses requests with what was found out', () => {
  const { breaker } = breaking();
  breaker.trip(refused);
  expect(breaker.isDown).toBe(true);
  expect(() => breaker.check()).toThrow(
    expect.objectContaining({
      code: 'CONNECTION_REFUSED',
      kind: 'network',
      message: 'a.test: the connection was refused; it was not asked again',
      suggestions: ['Check host name and port.'],
      cause: refused,
    }),
  );
});

test('after a rest one request finds out, while others are refused', () => {
  const { breaker, pass } = breaking();
  breaker.trip(refused);
  pass(29_999);
  expect(() => breaker.check()).toThrow('not asked again');
  pass(1);
  expect(breaker.isDown).toBe(false);
  breaker.check();
  expect(() => breaker.check()).toThrow('not asked again');
  breaker.answered();
  breaker.check();
  expect(breaker.isDown).toBe(false);
});

test('a rest may be as long as the host asked for', () => {
  const { breaker, pass } = breaking();
  breaker.trip(refused, 7_200_000);
  pass(7_199_999);
  expect(breaker.isDown).toBe(true);
  pass(1);
  expect(breaker.isDown).toBe(false);
});

test('failures are counted from the last answer on', () => {
  const { breaker } = breaking();
  breaker.failed();
  breaker.failed();
  expect(breaker.failures).toBe(2);
  breaker.answered();
  breaker.failed();
  expect(breaker.failures).toBe(1);
});
