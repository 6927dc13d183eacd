import { expect, test } from 'vitest';

import { jsonText } from '../../src/cli/json-text.ts';

test('characters that a terminal obeys are escaped, and the value stays the same', () => {
  const value = { 'k\u009Bey': ['a\u202Eb', 'c\u007Fd', '\u001B[2J', 'line\u2028end', 'ü 日本 😀'] };
  const text = jsonText(value);
  expect(JSON.parse(text)).toEqual(value);
  expect(text).not.toMatch(/[\u007F-\u009F\u202E\u2028]/);
  expect(text).not.toContain('\u001B');
  expect(text).toContain(String.raw`a\u202eb`);
  expect(text).toContain('ü 日本 😀');
});

test('anything else is what JSON.stringify makes of it', () => {
  const value = { a: 1, b: [true, null], c: undefined, d: 'x\ny' };
  expect(jsonText(value)).toBe(JSON.stringify(value, undefined, 2));
});
