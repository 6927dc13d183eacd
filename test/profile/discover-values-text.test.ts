import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

import { valuesText } from '../../src/profile/discover-values-text.ts';
import { parseYaml } from '../../src/profile/yaml-tree.ts';
import { onlyDocument } from '../support/sample-profiles.ts';

function written(values: string, resolve: (text: string) => string | undefined = (text) => text): unknown {
  const { root } = onlyDocument(parseYaml(values, () => 'x'));
  return parse(valuesText(root, resolve));
}

test('texts, numbers and truth values stay what they are', () => {
  const values =
    'a: 1.10\nb: "1.10"\nc: true\nd: "true"\ne: null\nf: [1, {g: x}]\nh: |\n  two\n  lines\n"i: j": ""\n';
  expect(written(values)).toEqual(parse(values));
});

test('macros are resolved; alone they may be numbers and truth values, but no versions', () => {
  const values = 'a: "{{n}}"\nb: "{{t}}"\nc: "{{v}}"\nd: "x{{n}}"\ne: "{{none}}"\n';
  const macros: Readonly<Record<string, string>> = {
    '{{n}}': '3',
    '{{t}}': 'false',
    '{{v}}': '1.10',
    'x{{n}}': 'x3',
  };
  expect(
    written(values, (text) => (text in macros || !text.includes('{{') ? (macros[text] ?? text) : undefined)),
  ).toEqual({ a: 3, b: false, c: '1.10', d: 'x3', e: 'unknown' });
});

test('any text comes through', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const node = { kind: 'scalar' as const, text, type: 'string' as const, line: 1, textLine: 1 };
      expect(parse(valuesText(node, (same) => same))).toBe(text);
    }),
  );
});
