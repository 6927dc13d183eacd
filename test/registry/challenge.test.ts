import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { parseChallenges } from '../../src/registry/challenge.ts';

test.each([
  [
    'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push"',
    [
      {
        scheme: 'bearer',
        realm: 'https://auth.docker.io/token',
        service: 'registry.docker.io',
        scope: 'repository:a/b:pull,push',
      },
    ],
  ],
  ['Basic realm="a \\"quoted\\" \\\\ name"', [{ scheme: 'basic', realm: 'a "quoted" \\ name' }]],
  [
    'BASIC realm=plain, Bearer Realm = "https://x" , error="invalid_token"',
    [
      { scheme: 'basic', realm: 'plain' },
      { scheme: 'bearer', realm: 'https://x', error: 'invalid_token' },
    ],
  ],
  [
    'Negotiate, Bearer realm="https://x"',
    [{ scheme: 'negotiate' }, { scheme: 'bearer', realm: 'https://x' }],
  ],
  ['Bearer realm="first",realm="second"', [{ scheme: 'bearer', realm: 'first' }]],
  ['Bearer realm="never closed', [{ scheme: 'bearer', realm: '' }]],
  ['@@@, Basic realm="x"', [{ scheme: 'basic', realm: 'x' }]],
  ['realm="no scheme"', []],
  [', ,', []],
  ['', []],
])('%s', (header, expected) => {
  const read = parseChallenges(header).map(({ scheme, parameters }) => ({
    scheme,
    ...Object.fromEntries(parameters),
  }));
  expect(read).toEqual(expected);
});

test('anything a server may send is read to an end', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc
      .array(fc.constantFrom('a', '=', '"', '\\', ',', ' ', 'Bearer ', 'realm='), { maxLength: 100 })
      .map((pieces) => pieces.join('')),
  );
  fc.assert(
    fc.property(hostile, (header) => {
      expect(parseChallenges(header).length).toBeLessThanOrEqual(header.length);
    }),
  );
});

test('a quoted value of any text survives', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 100 }), (text) => {
      const quoted = text.replaceAll(/["\\]/g, '\\$&');
      const challenge = parseChallenges(`Bearer realm="${quoted}", service="s"`).at(0);
      expect(challenge?.parameters.get('realm')).toBe(text);
      expect(challenge?.parameters.get('service')).toBe('s');
    }),
  );
});

test('what stands after 8 KiB is not read', () => {
  const header = `${'a, '.repeat(4000)} Bearer realm="https://late"`;
  expect(parseChallenges(header).some(({ parameters }) => parameters.has('realm'))).toBe(false);
});
