import { expect, test } from 'vitest';

import { parseRateLimit, pullLimitReached } from '../../src/registry/host-rate-limit.ts';

function parse(limit: string | undefined, remaining: string | undefined) {
  return parseRateLimit({
    ...(limit === undefined ? {} : { 'ratelimit-limit': limit }),
    ...(remaining === undefined ? {} : { 'ratelimit-remaining': remaining }),
  });
}

test('the headers of Docker Hub are read', () => {
  expect(parse('100;w=21600', '93;w=21600')).toEqual({ limit: 100, remaining: 93, windowSeconds: 21_600 });
  expect(parse(' 200 ; w=3600 ', '0')).toEqual({ limit: 200, remaining: 0, windowSeconds: 3600 });
  expect(parse('100', '93;q=1;w=60')).toEqual({ limit: 100, remaining: 93, windowSeconds: 60 });
});

test('more than the limit cannot be left', () => {
  expect(parse('100;w=60', '999999999;w=60')?.remaining).toBe(100);
});

test.each([
  [undefined, undefined],
  ['100;w=21600', undefined],
  [undefined, '93;w=21600'],
  ['100', '93'],
  ['0;w=60', '0;w=60'],
  ['100;w=0', '93;w=0'],
  ['-1;w=60', '1;w=60'],
  ['1e3;w=60', '1;w=60'],
  ['100;w=99999999999', '93'],
  ['100, 100;w=60', '93'],
  ['', ''],
])('what makes no sense is passed over: %s, %s', (limit, remaining) => {
  expect(parse(limit, remaining)).toBeUndefined();
});

const refused = { subject: 'docker.io/library/a:1', registry: 'docker.io', text: '', isLoggedIn: false };

test('too many requests with pulls left is worth another try', () => {
  const rateLimit = { limit: 100, remaining: 1, windowSeconds: 21_600 };
  expect(pullLimitReached({ ...refused, rateLimit })).toBeUndefined();
  expect(pullLimitReached({ ...refused, text: 'Too Many Requests', rateLimit: undefined })).toBeUndefined();
});

test('a limit that is used up says what can be done', () => {
  const rateLimit = { limit: 100, remaining: 0, windowSeconds: 21_600 };
  expect(pullLimitReached({ ...refused, rateLimit })).toMatchObject({
    code: 'PULL_LIMIT_REACHED',
    message:
      'docker.io/library/a:1: docker.io allows no more pulls for now: its pull rate limit is used up (100 pulls in 6 h)',
    suggestions: [
      'Log in, for a higher limit: palette-edge login docker.io',
      'Or wait, at most 6 h, and run the same command again: what was pulled so far is kept.',
    ],
  });
});
