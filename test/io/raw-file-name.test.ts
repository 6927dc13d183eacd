import { expect, test } from 'vitest';

import { clashingName, isRawFileName } from '../../src/io/raw-file-name.ts';

test.each(['a', 'a.txt', '.profile', 'a/b/c_1+2@3-4', '-', '...', 'x'.repeat(200)])('a name: %s', (name) => {
  expect(isRawFileName(name)).toBe(true);
});

test.each([
  '',
  '.',
  '..',
  '/a',
  'a/',
  'a//b',
  'a/../b',
  './a',
  'a\\b',
  'a b',
  'a:b',
  'ä',
  'a\n',
  'x'.repeat(201),
])('no name: %j', (name) => {
  expect(isRawFileName(name)).toBe(false);
});

test.each([
  [['a', 'b', 'c/d', 'c/e'], undefined],
  [['a', 'b', 'a'], 'a'],
  [['a', 'A'], 'A'],
  [['a', 'a/b'], 'a/b'],
  [['x/a/b', 'X/a'], 'X/a'],
])('names in the way of each other: %j', (names, expected) => {
  expect(clashingName(names)).toBe(expected);
});
