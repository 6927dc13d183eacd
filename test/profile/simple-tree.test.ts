import { isDeepStrictEqual } from 'node:util';

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { PaletteEdgeError } from '../../src/errors.ts';
import { simpleTree } from '../../src/profile/simple-tree.ts';
import { maskTemplates } from '../../src/profile/template-mask.ts';
import { parseYamlWithLibrary } from '../../src/profile/yaml-tree.ts';
import type { ParseOptions, YamlNode } from '../../src/profile/yaml-tree.ts';
import { fixture } from '../support/sample-profiles.ts';

const limits = { nodes: 100_000, depth: 50 };

/** What the library makes of it; undefined when that is not one document without mistakes. */
function byLibrary(text: string, options: ParseOptions): YamlNode | undefined {
  try {
    const documents = parseYamlWithLibrary(text, () => 'x', options);
    const document = documents.at(0);
    return documents.length > 1 || document === undefined || document.duplicates.length > 0
      ? undefined
      : document.root;
  } catch (error) {
    if (error instanceof PaletteEdgeError) return undefined;
    throw error;
  }
}

const isRead = (text: string): boolean => simpleTree(text, {}, limits) !== undefined;

describe('what is read is what the library reads', () => {
  const word = fc.constantFrom(
    'a',
    'b:',
    'c: ',
    'key: value',
    '- ',
    '-',
    '- x',
    '- a: 1',
    '  ',
    '    ',
    '\n',
    '\n\n',
    '\n  ',
    '\n    ',

    '|',
    '|-',
    ': |\n  text\n',
    '#',
    ' # note',
    '"q"',
    "'q'",
    '"\\n"',
    "''",
    '{a: 1}',
    '[1, 2]',
    '{}',
    '[]',

    '{',
    '}',
    '[',
    ']',
    ',',
    '1.10',
    '0x1F',
    '1e3',
    'true',
    'null',
    '~',
    '.5',
    '-.inf',
    '.nan',
    '-1',
    '+',

    '&a',
    '*a',
    '!t',
    '>',
    '%',
    '@',
    '`',
    '?',
    '---',
    '<<: ',
    ': ',
    ':',
    'a:b',
    'http://x',
    '"k": 1',
    "'k': 1",

    '{{ .Values.x }}',
    '{{.spectro.var.V}}',
    '\u00E9',
    '\u2028',
    '\uFEFF',
    '\t',
    '\r\n',
    '\0',
    'a b',
    '"',
    "'",
  );
  const yamlish = fc.array(word, { maxLength: 24 }).map((parts) => parts.join(''));
  const line = fc
    .tuple(fc.integer({ min: 0, max: 3 }), fc.constantFrom('- ', '', 'k: ', 'j:', '- k: ', '- j:'), word)
    .map(([indent, start, text]) => `${'  '.repeat(indent)}${start}${text}`);
  const lines = fc.array(line, { maxLength: 12 }).map((parts) => `a: 1\n${parts.join('\n')}`);

  test.each([
    ['pieces of YAML', yamlish],
    ['lines of YAML', lines],
    ['JSON', fc.json()],
    ['objects in JSON', fc.object().map((value) => JSON.stringify(value, undefined, 1))],
    ['any text', fc.string()],
  ])('%s', (_name, texts) => {
    const property = fc.property(texts, fc.boolean(), (text, isMasked) => {
      const masked = maskTemplates(text, 'control lines');
      const options = isMasked ? { unmask: masked.unmask, firstLine: 7 } : {};
      const given = isMasked ? masked.text : text;
      const simple = simpleTree(given, options, limits);
      return simple === undefined || isDeepStrictEqual(simple, byLibrary(given, options));
    });
    expect(fc.check(property, { numRuns: 3000 }).counterexample).toBeNull();
  });

  test.each([
    'profiles/edge-infra.json',
    'profiles/edge-infra-get.json',
    'profiles/edge-infra-flattened.yaml',
    'profiles/shipped-mistakes.yaml',
  ])('%s', (path) => {
    const { text } = fixture(path);
    expect(simpleTree(text, {}, limits)).toEqual(byLibrary(text, {}));
  });
});

test.each([
  'a: 1\nb:\n  - c\n  - d: e\n    f: "g"\n',
  'a:\n- b\n- c\nd:\n  # note\n  e: |\n    two\n\n    lines\n  f: 1\n',
  'a: {b: 1, c: two}\nd: [1, "x"]\n'.replace('"x"', 'x'),
  "\"a b\": 'c''d'\n- ".replace('\n- ', '\n'),
  '{"a": [1, null, {"b": "\\u00e9"}]}',
])('%j is simple', (text) => {
  expect(isRead(text)).toBe(true);
});

test.each([
  'a: &x 1\nb: *x\n',
  'a: !t 1\n',
  'a: one\n  two\n',
  'a: >\n  folded\n',
  'a: 1\na: 2\n',
  '---\na: 1\n',
  'a: 1\n  b: 2\n',
  '<<: {a: 1}\n',
  'a:\t1\n',
  'a: 1\r\n',
  'text',
  '',
  '# only a note\n',
  '{"a": 1, "a": 2}',
  '{"a": 1} x',
  '{"a": 01}',
  '{"a": "line\nbreak"}',
  '{a: 1}',
])('%j is not', (text) => {
  expect(isRead(text)).toBe(false);
});

test('limits', () => {
  expect(simpleTree('a:\n  b:\n    c: 1\n', {}, { nodes: 100, depth: 1 })).toBeUndefined();
  expect(simpleTree('a: 1\nb: 2\n', {}, { nodes: 2, depth: 9 })).toBeUndefined();
  expect(simpleTree('{"a":{"b":{"c":1}}}', {}, { nodes: 100, depth: 1 })).toBeUndefined();
  expect(
    simpleTree('[1,2,3]'.replace('[', '{"a":[').replace(']', ']}'), {}, { nodes: 3, depth: 9 }),
  ).toBeUndefined();
  const deep = `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`;
  expect(simpleTree(deep, {}, limits)).toBeUndefined();
});
