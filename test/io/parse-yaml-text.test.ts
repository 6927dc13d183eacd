import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { parseYamlText } from '../../src/io/parse-yaml-text.ts';

class Refusal extends Error {}

const invalid = (place: string, reason: string): Refusal => new Refusal(`${place}: ${reason}`);

function refusal(text: string): string {
  try {
    parseYamlText(text, { file: 'x.yaml', invalid });
  } catch (error) {
    if (error instanceof Refusal) return error.message;
    throw error;
  }
  return 'none';
}

test('offsets have their lines, from 1', () => {
  const text = 'a: 1\nb: [x,\n  y]\n';
  const { document, lineOf } = parseYamlText(text, { file: 'x.yaml', invalid });
  expect(document.toJS()).toEqual({ a: 1, b: ['x', 'y'] });
  expect([0, 5, text.indexOf('y')].map(lineOf)).toEqual([1, 2, 3]);
});

test.each([
  ['a: b: c\n', '1:4: it is not valid YAML: a mapping or list begins in the middle of a line'],
  ['a: 1\nb: "c\n', '3:1: it is not valid YAML: a quote, bracket'],
  ['a: [1, 2\nb: 1\n', '2:1: it is not valid YAML: '],
  ['a:\n\tb: 1\n', '2:1: it is not valid YAML: a tab is no indentation'],
  ['a:\n    b: 1\n  c: 2\n', '3:1: it is not valid YAML: '],
  ['a: 1\n"b\n c": 2\n', '2:1: it is not valid YAML: a key goes over several lines'],
  ['a: @b\n', '1:4: it is not valid YAML: a value that begins with @'],
  ['a: "\\q"\n', '1:5: it is not valid YAML: there is no such escape'],
  ['a: 1\n---\nb: 2\n', '2:1: it is not valid YAML: a second document begins'],
  ['a: 1\nb\nc: 3\n', '2:1: it is not valid YAML: a quote, bracket'],
  [`x:\n ${'- '.repeat(30_000)}b\nc: d\n`, 'it is not valid YAML: it is nested too deeply'],
  [`a: ${'['.repeat(50_000)}`, 'it is not valid YAML: it is nested too deeply'],
])('%j is refused with line and column, in words of our own', (text, expected) => {
  const message = refusal(text);
  expect(message).toMatch(/^x\.yaml:\d+:\d+: it is not valid YAML: /);
  expect(message).toContain(expected);
});

test('no refusal quotes the text', () => {
  const pieces = fc.constantFrom(
    'sEcReT',
    '"',
    "'",
    ': ',
    '\n',
    '  ',
    '- ',
    '{',
    '[',
    '*',
    '&',
    '!',
    '%',
    '@',
    '#',
    '? ',
    '|',
    '---',
    '\t',
    '\\',
    ',',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 20 }), (words) => {
      expect(refusal(words.join(''))).not.toContain('sEcReT');
    }),
    { numRuns: 500 },
  );
});
