import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { parseMacroExpression } from '../../src/profile/macro-expression.ts';

const plain = { kind: 'macro', fallback: undefined, quote: undefined };

test.each([
  ['{{.spectro.var.A}}', { ...plain, path: 'var.A' }],
  ['{{  .spectro.var.A  }}', { ...plain, path: 'var.A' }],
  ['{{- .spectro.var.A -}}', { ...plain, path: 'var.A' }],
  ['{{.spectro.pack.a-b.c.d_e.f[0]}}', { ...plain, path: 'pack.a-b.c.d_e.f[0]' }],
  ['{{.spectro.var.A|quote}}', { ...plain, path: 'var.A', quote: '"' }],
  ['{{.spectro.var.A | squote}}', { ...plain, path: 'var.A', quote: "'" }],
  ['{{.spectro.var.A | default "x y"}}', { ...plain, path: 'var.A', fallback: 'x y' }],
  ['{{.spectro.var.A | default ""}}', { ...plain, path: 'var.A', fallback: '' }],
  ["{{.spectro.var.A | default 'x' | quote}}", { kind: 'macro', path: 'var.A', fallback: 'x', quote: '"' }],
  ['{{.spectro.var.A | default 1.5}}', { ...plain, path: 'var.A', fallback: '1.5' }],
])('%s', (text, expression) => {
  expect(parseMacroExpression(text)).toEqual(expression);
});

test.each([
  '{{.spectro.var.A | upper}}',
  '{{.spectro.var.A | default}}',
  '{{.spectro.var.A | default $x}}',
  '{{ printf "%s" .spectro.var.A }}',
  '{{ if .spectro.var.A }}',
  '{{ (.spectro.var.A) }}',
  '{{ .spectro. }}',
  '{{ .spectro.var.A .spectro.var.B }}',
])('%s is not supported', (text) => {
  expect(parseMacroExpression(text)).toEqual({ kind: 'unsupported' });
});

test.each(['{{ .Values.x }}', '{{}}', '{{ end }}', '{{ .spectrox }}', '{{ spectro.var.A }}'])(
  '%s is not ours',
  (text) => {
    expect(parseMacroExpression(text)).toEqual({ kind: 'foreign' });
  },
);

test('a path stays as it is', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-zA-Z0-9_./-]{1,30}$/), (path) => {
      expect(parseMacroExpression(`{{ .spectro.${path} }}`)).toEqual({ ...plain, path });
    }),
  );
});
