import { expect, test } from 'vitest';

import { documentPieces } from '../../src/report/document-pieces.ts';
import type { DocumentField } from '../../src/report/document-pieces.ts';

function textOf(fields: readonly DocumentField[]): string {
  return Buffer.concat([...documentPieces(fields)]).toString();
}

test('a document has its fields in order, and elements of lists on lines of their own', () => {
  const text = textOf([
    ['b', { z: 1, a: undefined, c: ['x'] }],
    ['a', { each: [1, { k: 'v' }] }],
    ['none', { each: [] }],
  ]);
  expect(text).toBe('{\n"b":{"c":["x"],"z":1},\n"a":[\n1,\n{"k":"v"}\n],\n"none":[]\n}\n');
});

test('a long list comes in pieces, and is made as it is read', () => {
  let made = 0;
  const each = function* (): Generator<string> {
    for (; made < 10_000; made += 1) yield 'x'.repeat(100);
  };
  const pieces = documentPieces([['list', { each: each() }]])[Symbol.iterator]();
  expect(pieces.next().value?.length).toBeGreaterThan(60_000);
  expect(made).toBeLessThan(1000);
});

test('control characters are escaped and mean the same', () => {
  const text = textOf([['a', '\u009B31m\u202E']]);
  expect(text).toContain(String.raw`\u009b31m\u202e`);
  expect(JSON.parse(text)).toEqual({ a: '\u009B31m\u202E' });
});
