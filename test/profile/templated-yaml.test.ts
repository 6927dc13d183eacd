import { describe, expect, test } from 'vitest';

import { failureOf, imagesOf, profileFile, valuesWith, warningsOf } from '../support/sample-profiles.ts';

const list = valuesWith('a:1');

function read(values: string): { images: string[]; warnings: string[] } {
  const profiles = [profileFile([values])];
  return { images: imagesOf({ profiles }), warnings: warningsOf({ profiles }) };
}

test.each([
  ['unquoted expressions', `${list}x: {{ .Values.x }}\ny: {{.spectro.macro.y}}/{{ .z }}\n`],
  ['control lines', `${list}{{- if .Values.x }}\nx: 1\n  {{- else }}\ny: 2\n{{- end }}\n`],
  ['several on a line', `${list}{{ if .a }}{{ end }}\nx: 1\n`],
  ['in flow collections', `${list}x: {a: {{.b}}, c: [{{.d}}, 1]}\n`],
  ['in block text', `${list}x: |\n  {{ if .y }}\n  text {{ .z }}\n  {{ end }}\n`],
  ['as keys', `${list}x:\n  {{ .key }}: 1\n`],
])('%s do not disturb', (_name, values) => {
  expect(read(values)).toEqual({ images: ['docker.io/library/a:1'], warnings: [] });
});

test('a macro alone on a line is a value where YAML expects one', () => {
  const values = 'stylusPackage:\n  {{ .spectro.pack.pack-0.x }}\nx: b:1\npack: {content: {images: []}}\n';
  expect(read(values).images).toEqual(['docker.io/library/b:1']);
});

test('a macro that stands for a block is passed over with a warning', () => {
  const { images, warnings } = read(`${list}{{ .spectro.var.block }}\nx: 1\n`);
  expect(images).toEqual(['docker.io/library/a:1']);
  expect(warnings).toEqual([expect.stringMatching(/^MACRO_BLOCK_SKIPPED .*pack pack-0, values line 5: /)]);
});

describe('a section that is no YAML before its templates are rendered', () => {
  const broken = 'foo:\n  - x: {{ .y }}\n bad: : {{ z }}\n';

  test('is given up with a warning; the others are read, on their lines', () => {
    const { images, warnings } = read(`${list}${broken}stylusPackage: "B"\n`.replace('"B"', 'b:1'));
    expect(images).toEqual(['docker.io/library/a:1', 'docker.io/library/b:1']);
    expect(warnings).toEqual([
      expect.stringMatching(/^SECTION_NOT_READ .*values line 5: the section foo .*line 7/),
    ]);
    const profiles = [profileFile([`${list}${broken}stylusPackage: "B"\n`])];
    expect(failureOf({ profiles }).message).toContain('stylusPackage (line 8)');
  });

  test('is an error when it is pack', () => {
    const profiles = [profileFile([`x: 1\npack:\n  content: {{ .y }}\n bad: : {{ z }}\n`])];
    expect(failureOf({ profiles })).toMatchObject({
      code: 'YAML_INVALID',
      message: expect.stringMatching(/pack pack-0, values line [34]: /),
    });
  });

  test('is an error when it holds no template', () => {
    const profiles = [profileFile([`${list}x: {{ .y }}\nz: [1\n`])];
    expect(failureOf({ profiles }).code).toBe('YAML_INVALID');
  });
});
