import { expect, test } from 'vitest';

import { PaletteEdgeError } from '../../src/errors.ts';
import { hostAsksTooMuch, hostHasNoEnd, hostIsPaused } from '../../src/registry/host-throttled-error.ts';

const cause = new PaletteEdgeError('SERVER_FAILURE', 'a.io/app:1: a.io answered 503', {
  kind: 'network',
  suggestions: ['Wait.'],
});

test('a host that asks for too much says when it may be asked again', () => {
  expect(hostAsksTooMuch(cause, 'a.io', 5_400_000)).toMatchObject({
    code: 'TOO_MANY_REQUESTS',
    kind: 'network',
    message: 'a.io/app:1: a.io answered 503; a.io asks to be left alone for 1 h 30 min',
    suggestions: [
      'Run the same command again in 1 h 30 min: what is done so far is kept.',
      'Registries allow more to those who log in: palette-edge login a.io',
    ],
    cause,
  });
});

test('a host without an end says for how long, and advises what its answer did', () => {
  expect(hostHasNoEnd(cause, 'a.io', 905_000)).toMatchObject({
    code: 'TOO_MANY_REQUESTS',
    message: 'a.io/app:1: a.io answered 503; a.io has answered nothing else for 15 min 5 s',
    suggestions: ['Wait.'],
  });
});

test('a host that is paused says for how long still', () => {
  expect(hostIsPaused('a.io', 20_000).message).toBe(
    'a.io asked to be left alone for another 20 s; it was not asked again',
  );
});
