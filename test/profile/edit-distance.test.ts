import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { editDistance, isMisspelling } from '../../src/profile/edit-distance.ts';

test.each([
  ['', '', 0],
  ['a', '', 1],
  ['image', 'image', 0],
  ['iamge', 'image', 1],
  ['imag', 'image', 1],
  ['images', 'image', 1],
  ['imgae', 'image', 1],
  ['img', 'image', 2],
  ['kitten', 'sitting', 3],
])('from %j to %j are %d steps', (left, right, distance) => {
  expect(editDistance(left, right)).toBe(distance);
});

test('it is symmetric, zero for equal words only, and bounded by the lengths', () => {
  const word = fc.string({ maxLength: 8, unit: fc.constantFrom('a', 'b', 'c') });
  fc.assert(
    fc.property(word, word, (left, right) => {
      const distance = editDistance(left, right);
      expect(editDistance(right, left)).toBe(distance);
      expect(distance === 0).toBe(left === right);
      expect(distance).toBeGreaterThanOrEqual(Math.abs(left.length - right.length));
      expect(distance).toBeLessThanOrEqual(Math.max(left.length, right.length));
    }),
  );
});

test.each([
  ['iamge', 'image', true],
  ['Image', 'image', true],
  ['images', 'image', true],
  ['image', 'image', false],
  ['name', 'image', false],
  ['tag', 'image', false],
  ['rep', 'repo', true],
  ['re', 'repo', false],
  ['x'.repeat(1_000_000), 'image', false],
])('%.10s for %s is a misspelling: %s', (key, word, expected) => {
  expect(isMisspelling(key, word)).toBe(expected);
});
