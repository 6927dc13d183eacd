import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { bareMacroLines, maskTemplates, splitTemplates } from '../../src/profile/template-mask.ts';

const text = fc
  .array(
    fc.constantFrom('{{', '}}', '{', '}', 'a', ' ', '\n', '.spectro.', '#', '\uE0000\uE001', '{{ .x }}'),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(''));

test('pieces joined are the text', () => {
  fc.assert(
    fc.property(text, (whole) => {
      const pieces = splitTemplates(whole);
      expect(pieces.map((piece) => piece.text).join('')).toBe(whole);
      for (const piece of pieces)
        expect(piece.isExpression).toBe(/^\{\{[^]*\}\}$/.test(piece.text) && piece.isExpression);
    }),
  );
});

test('a masked text keeps its lines, has no closed expression, and comes back', () => {
  const plain = text.filter((whole) => !whole.includes('\uE000'));
  fc.assert(
    fc.property(plain, fc.constantFrom('control lines' as const, 'all lines' as const), (whole, lines) => {
      const masked = maskTemplates(whole, lines);
      expect(masked.text.split('\n')).toHaveLength(whole.split('\n').length);
      expect(masked.text).not.toMatch(/\{\{.*\}\}/);
      expect(masked.unmask(masked.text).replaceAll(/[ \t]+$/gm, '')).toBe(whole.replaceAll(/[ \t]+$/gm, ''));
    }),
    { numRuns: 500 },
  );
});

test.each([
  [
    'a: {{ .x }}',
    [
      { text: 'a: ', isExpression: false },
      { text: '{{ .x }}', isExpression: true },
    ],
  ],
  [
    '{{a}}{{b}}',
    [
      { text: '{{a}}', isExpression: true },
      { text: '{{b}}', isExpression: true },
    ],
  ],
  ['{{a', [{ text: '{{a', isExpression: false }]],
  ['', []],
])('%j is cut', (whole, pieces) => {
  expect(splitTemplates(whole)).toEqual(pieces);
});

test('lines of nothing but macros', () => {
  expect(
    bareMacroLines('a: {{.spectro.var.x}}\n  {{ .spectro.var.x }}\n{{ end }}\n{{.a}} {{.spectro.b}}\n'),
  ).toEqual([2, 4]);
});

test('a token in the text that stands for nothing stays', () => {
  expect(maskTemplates('{{a}}', 'all lines').unmask('\uE0009\uE001')).toBe('\uE0009\uE001');
});
