import { expect, test } from 'vitest';

import { terminalText } from '../../src/cli/terminal-text.ts';

test.each([
  ['plain', 'ghcr.io/org/app:1.0'],
  ['line breaks and tabs', 'a\n\tb\n'],
  ['other scripts and signs', 'Zürich 東京 🚀 … “quoted”'],
  ['nothing', ''],
])('%s stays as it is', (_what, text) => {
  expect(terminalText(text)).toBe(text);
});

test.each([
  ['colours', '\u001B[31mred\u001B[0m', '\uFFFD[31mred\uFFFD[0m'],
  ['a carriage return that would overwrite the line', 'evil\rgood', 'evil\uFFFDgood'],
  ['backspaces', 'a\b\bb', 'a\uFFFD\uFFFDb'],
  ['NUL, bell and DEL', '\0\u0007\u007F', '\uFFFD\uFFFD\uFFFD'],
  ['C1 controls, which begin sequences too', '\u009B31m\u0090', '\uFFFD31m\uFFFD'],
  ['text that reads backwards', 'a\u202Egpj.exe\u202C', 'a\uFFFDgpj.exe\uFFFD'],
  ['isolates and marks of direction', '\u2066a\u2069\u200E\u200F\u061C', '\uFFFDa\uFFFD\uFFFD\uFFFD\uFFFD'],
  ['separators that some terminals take for line breaks', 'a\u2028b\u2029c', 'a\uFFFDb\uFFFDc'],
])('%s cannot reach the terminal', (_what, text, shown) => {
  expect(terminalText(text)).toBe(shown);
});

test('what is replaced keeps its place, so columns stay aligned', () => {
  const text = Array.from({ length: 0x3000 }, (_, code) => String.fromCodePoint(code)).join('');
  expect(terminalText(text)).toHaveLength(text.length);
});
