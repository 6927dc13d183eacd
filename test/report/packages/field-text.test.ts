import { describe, expect, test } from 'vitest';

import { distinct, distinctNames, fieldText, isNamed } from '../../../src/report/packages/field-text.ts';

test.each<[text: string | undefined, expected: string | undefined]>([
  [undefined, undefined],
  ['', undefined],
  [' \t\n ', undefined],
  [' a ', 'a'],
  ['a\n  b\u001B[2J\u2028c', 'a b [2J c'],
  ['x'.repeat(5000), 'x'.repeat(1024)],
  ['Größe', 'Größe'],
])('%j', (text, expected) => {
  expect(fieldText(text)).toBe(expected);
});

test('texts and names are told once', () => {
  expect(distinct(['b', ' a', undefined, 'b', '', 'a'])).toEqual(['b', 'a']);
  expect(distinctNames(['b', undefined, 'b', '', 'a'])).toEqual(['b', 'a']);
});

describe('a name and version', () => {
  test.each([
    ['a', '1', true],
    ['@a/b', '1:2~rc+b', true],
    ['a b', '1', false],
    ['a', '1 2', false],
    ['', '1', false],
    [undefined, '1', false],
    ['a', undefined, false],
    ['a\u0007', '1', false],
    ['x'.repeat(513), '1', false],
  ])('%j %j: %s', (name, version, expected) => {
    expect(isNamed(name, version)).toBe(expected);
  });
});
