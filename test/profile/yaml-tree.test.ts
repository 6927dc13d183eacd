import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { parseYaml } from '../../src/profile/yaml-tree.ts';
import type { YamlNode } from '../../src/profile/yaml-tree.ts';
import { entryOf, findPath } from '../../src/profile/yaml-fields.ts';
import { onlyDocument, outcomeOf, thrown } from '../support/sample-profiles.ts';

const place = (line: number, column: number) => `file:${line}:${column}`;

function only(text: string): YamlNode {
  return onlyDocument(parseYaml(text, place)).root;
}

/** Plain data, with scalars as their text. */
function plain(node: YamlNode): unknown {
  if (node.kind === 'list') return node.items.map(plain);
  if (node.kind === 'map')
    return Object.fromEntries([...node.entries].map(([key, { value }]) => [key, plain(value)]));
  return node.type === 'null' ? null : node.text;
}

test.each([
  ['a: 1.10\nb: "x"\nc: ~\nd: yes\ne: 0x10', { a: '1.10', b: 'x', c: null, d: 'yes', e: '0x10' }],
  ['{"a": [1, true, null, "\\u00e9\\/"],\n\t"b": {}}', { a: ['1', 'true', null, 'é/'], b: {} }],
  ['a: |\n  x\n  y\nb: >-\n  x\n  y', { a: 'x\ny\n', b: 'x y' }],
  ['x: &x {a: 1}\ny: *x\nz: {<<: *x, b: 2}', { x: { a: '1' }, y: { a: '1' }, z: { a: '1', b: '2' } }],
  [
    'x: &x {a: 1, b: 1}\ny: {b: 2, <<: *x}\nz: {<<: [{a: 0}, *x]}',
    { x: { a: '1', b: '1' }, y: { b: '2', a: '1' }, z: { a: '0', b: '1' } },
  ],
  ['a: !custom x\nb: !!set {c}', { a: 'x', b: { c: null } }],
  [
    '%YAML 1.1\n---\na: 2001-01-01\nb: !!binary aGk=\nx: &x {c: 1}\ny: {<<: *x}',
    { a: '2001-01-01', b: 'aGk=', x: { c: '1' }, y: { c: '1' } },
  ],
  ['? [1, 2]\n: x\n? a\n: y', { '?': 'x', a: 'y' }],
])('%j', (text, data) => {
  expect(plain(only(text))).toEqual(data);
});

test('lines are those of keys and values', () => {
  const root = only('a:\n  b:\n    - 1\n    - |\n      text\n');
  expect(entryOf(root, 'a')?.line).toBe(1);
  const list = findPath(root, 'a.b');
  expect(list?.line).toBe(3);
  expect(findPath(root, 'a.b.1')).toMatchObject({ line: 4, textLine: 5 });
  expect(findPath(root, 'a.b.0')).toMatchObject({ line: 3, textLine: 3 });
});

test('a part of a larger text has the lines of that text', () => {
  const document = onlyDocument(parseYaml('a: 1\nb: 2', place, { firstLine: 10 }));
  expect(entryOf(document.root, 'b')?.line).toBe(11);
  expect(thrown(() => parseYaml('a: 1\n b: 2', place, { firstLine: 10 })).message).toMatch(/^file:10:/);
});

test('keys and values are unmasked', () => {
  const unmask = (text: string) => text.replaceAll('A', '{{a}}');
  const document = onlyDocument(parseYaml('A: xA\nb: [A]', place, { unmask }));
  expect(plain(document.root)).toEqual({
    '{{a}}': 'x{{a}}',
    b: ['{{a}}'],
  });
});

test('empty documents are left out', () => {
  expect(parseYaml('---\n# x\n---\nnull\n---\na: 1\n---\n', place)).toHaveLength(1);
  expect(parseYaml('', place)).toEqual([]);
});

test('__proto__ is a key like any other', () => {
  const root = only('{"__proto__": {"a": 1}, "constructor": 2}');
  expect(findPath(root, '__proto__.a')).toMatchObject({ text: '1' });
  expect(findPath(root, 'toString')).toBeUndefined();
  expect(Object.prototype).not.toHaveProperty('a');
});

test('keys that are there twice are reported with their place, the last one counts', () => {
  const document = onlyDocument(parseYaml('x:\n  a: 1\n  a: 2\ny: {b: 1, "b": 2}\nx: 3', place));
  expect(document.duplicates).toEqual([
    { key: 'a', rootKey: 'x', line: 3, column: 3 },
    { key: 'b', rootKey: 'y', line: 4, column: 11 },
    { key: 'x', rootKey: 'x', line: 5, column: 1 },
  ]);
  expect(findPath(document.root, 'x')).toMatchObject({ text: '3' });
});

describe('hostile text', () => {
  const laughs = ['a: &a [x,x,x,x,x,x,x,x,x,x]'];
  for (const [index, letter] of 'bcdefghij'.split('').entries()) {
    laughs.push(
      `${letter}: &${letter} [${Array.from({ length: 10 }, () => `*${'abcdefghij'[index]}`).join(',')}]`,
    );
  }
  const chain = Array.from(
    { length: 3000 },
    (_, step) => `k${step}: &k${step} ${step === 0 ? 'x' : `[*k${step - 1}]`}`,
  );

  test.each([
    ['half a list', 'a: [1,\n2', 'file:2:'],
    ['an unknown alias', 'a: *b', 'file:1:4'],
    ['an alias to what it is in', 'a: &a\n  - *a', 'file:2:5'],
    ['a billion laughs', laughs.join('\n'), 'more than 1000000 values'],
    ['aliases nested in aliases', chain.join('\n'), 'levels deep'],
    ['brackets without end', '['.repeat(100_000), 'too deep'],
    ['dashes without end', '- '.repeat(100_000), 'too deep'],
    ['lists in one line that all end with it', `x:\n ${'- '.repeat(30_000)}b\nc: d\n`, 'too deeply'],
    ['closed brackets', `${'['.repeat(300)}${']'.repeat(300)}`, 'levels deep'],
    ['too many documents', '---\na\n'.repeat(20_000), 'documents'],
    ['too many tokens', '- a\n'.repeat(1_500_000), 'tokens'],
  ])('%s', (_name, text, message) => {
    const error = thrown(() => parseYaml(text, place));
    expect(error).toMatchObject({ code: 'YAML_INVALID', kind: 'usage' });
    expect(error.message).toContain(message);
    expect(error.message.length).toBeLessThan(400);
  });

  test('more than 16 Mi characters', () => {
    expect(thrown(() => parseYaml('x'.repeat(16 * 1024 * 1024 + 1), place)).code).toBe('FILE_TOO_LARGE');
  });

  test('anything is parsed or refused', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.json(), fc.stringMatching(/^[-a:{}[\]&*!|>'"#%@\n ?,<]{0,40}$/)),
        (text) => {
          expect(['done', 'usage']).toContain(outcomeOf(() => parseYaml(text, place)));
        },
      ),
      { numRuns: 2000 },
    );
  });
});

test('JSON means what JSON.parse says', () => {
  const textOf = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(textOf);
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, textOf(field)]));
    }
    return typeof value === 'string' || value === null ? value : undefined;
  };
  const json = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.string(),
      fc.constant(null),
      fc.array(tie('value')),
      fc.dictionary(
        fc.string({ maxLength: 20 }).filter((key) => key !== '<<'),
        tie('value'),
        { noNullPrototype: true },
      ),
    ),
  })).value;
  fc.assert(
    fc.property(fc.array(json, { minLength: 1 }), fc.constantFrom(0, 2, '\t'), (value, indent) => {
      expect(plain(only(JSON.stringify(value, null, indent)))).toEqual(textOf(value));
    }),
  );
});
