import { expect, test } from 'vitest';

import { HostLimits } from '../../src/registry/host-limits.ts';

test('each registry has places of its own', () => {
  const limits = new HostLimits(1);
  const of = (origin: string) => limits.of(origin, new URL(origin).host);
  expect(of('https://a.test').places.tryAcquire()).toBeDefined();
  expect(of('https://a.test').places.tryAcquire()).toBeUndefined();
  expect(of('https://b.test').places.tryAcquire()).toBeDefined();
  expect(of('http://a.test').places.tryAcquire()).toBeDefined();
});

test('the pulls that are left are told of the registries that told them', () => {
  const limits = new HostLimits(1);
  limits.of('https://quiet.test', 'quiet.test').answered(200, {});
  limits
    .of('https://a.test', 'a.test')
    .answered(200, { 'ratelimit-limit': '100;w=21600', 'ratelimit-remaining': '93;w=21600' });
  limits.of('https://a.test', 'a.test').answered(200, {});
  expect([...limits.rateLimits()]).toEqual([
    ['a.test', { limit: 100, remaining: 93, windowSeconds: 21_600 }],
  ]);
});
