import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { canonicalJson } from '../../src/io/canonical-json.ts';
import type { Json } from '../../src/io/canonical-json.ts';

test.each<[string, Json, string]>([
  [
    'keys are sorted by code unit',
    { b: 1, a: 2, B: 3, é: 4, '10': 5, '9': 6 },
    '{"10":5,"9":6,"B":3,"a":2,"b":1,"é":4}',
  ],
  ['surrogate pairs sort before U+FFFD', { '\uFFFD': 1, '\u{1F600}': 2 }, '{"\u{1F600}":2,"\uFFFD":1}'],
  ['lists keep their order', [3, 1, { b: 1, a: [] }], '[3,1,{"a":[],"b":1}]'],
  ['absent fields are left out', { a: undefined, b: null }, '{"b":null}'],
  ['absent items are null', [undefined], '[null]'],
  ['text is escaped as JSON does', 'a"\\\n\u0001é', '"a\\"\\\\\\n\\u0001é"'],
  ['plain values', [true, false, null, 0, -5], '[true,false,null,0,-5]'],
])('%s', (_name, value, text) => {
  expect(canonicalJson(value)).toBe(text);
});

test.each([1.5, Number.NaN, Infinity, 2 ** 53])('%d is refused', (number) => {
  expect(() => canonicalJson({ number })).toThrow(TypeError);
});

const json = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.string(),
    fc.maxSafeInteger().map((number) => number + 0),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value')),
    fc.dictionary(fc.string(), tie('value')),
  ),
})).value;

test('it is JSON with the same value, and the same text for any order of keys', () => {
  fc.assert(
    fc.property(json, (value) => {
      const text = canonicalJson(value);
      expect(canonicalJson(JSON.parse(text))).toBe(text);
      expect(canonicalJson(reversed(value))).toBe(text);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

function reversed(value: Json): Json {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, field]) => [key, reversed(field)]),
  );
}
