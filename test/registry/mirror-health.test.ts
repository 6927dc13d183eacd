import { expect, test } from 'vitest';

import { PaletteEdgeError } from '../../src/errors.ts';
import type { ErrorKind } from '../../src/errors.ts';
import { MirrorHealth } from '../../src/registry/mirror-health.ts';

test.each<[ErrorKind, boolean]>([
  ['network', true],
  ['notFound', false],
  ['authentication', false],
  ['content', false],
])('after a failure of kind %s it rests: %s', (kind, expected) => {
  const health = new MirrorHealth(() => 0);
  expect(health.isResting).toBe(false);
  health.failed(new PaletteEdgeError('X', 'x', { kind }));
  expect(health.isResting).toBe(expected);
});

test('it rests for 30 seconds from its last failure on', () => {
  let now = 0;
  const health = new MirrorHealth(() => now);
  const restsAt = (time: number) => {
    now = time;
    return health.isResting;
  };
  const error = new PaletteEdgeError('X', 'x', { kind: 'network' });
  health.failed(error);
  expect([restsAt(29_999), restsAt(30_000)]).toEqual([true, false]);
  health.failed(error);
  expect([restsAt(59_999), restsAt(60_000)]).toEqual([true, false]);
});
