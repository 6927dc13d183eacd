import { expect, test } from 'vitest';

import { packContent } from '../../src/profile/pack-content.ts';
import { parseTemplatedYaml } from '../../src/profile/templated-yaml.ts';

function contentOf(text: string) {
  return packContent(
    text,
    parseTemplatedYaml(text, (line) => `line ${line}`),
  );
}

test('of nothing is empty', () => {
  expect(contentOf('# nothing\n')).toEqual({
    isEmpty: true,
    named: [],
    lints: [],
    hasImageList: false,
    hasManifests: false,
    packLine: undefined,
    hasContent: false,
    charts: [],
    hasCharts: false,
    found: [],
    skippedLines: [],
    unreadSections: [],
    duplicates: [],
  });
});

test.each([
  ['a: 1\npack: {}\n', { packLine: 2, hasContent: false, hasImageList: false }],
  ['pack: {content: }\n', { hasContent: true, hasImageList: false }],
  ['pack: {content: {images: }}\n', { hasContent: true, hasImageList: false }],
  ['pack: {content: {images: []}}\n', { hasContent: true, hasImageList: true }],
  ['a: 1\n---\npack: {content: {images: []}}\n', { hasImageList: true, packLine: 3 }],
  ['manifests: {a: }\n', { hasManifests: true }],
  ['manifests: {}\n', { hasManifests: false }],
  ['charts: {}\n', { hasCharts: true }],
  ['pack: {content: {charts: []}}\n', { hasCharts: false }],
  ['pack: {content: {charts: [{}]}}\n', { hasCharts: true }],
  ['a: 1\n{{ .spectro.macro.block }}\n', { skippedLines: [2] }],
])('of %j', (values, expected) => {
  expect(contentOf(values)).toMatchObject(expected);
});

test('has lints that begin behind the title of the pack', () => {
  expect(contentOf('pak: {content: {images: []}}\n').lints).toEqual([
    { code: 'MISSPELT_KEY', message: expect.stringMatching(/^, values line 1: pack is misspelt/) },
  ]);
});

test('has what charts would run, with macros as they stand', () => {
  expect(contentOf('web: {image: "{{ .spectro.var.R }}/a:1"}\n').found).toMatchObject([
    { text: '{{ .spectro.var.R }}/a:1', key: 'web.image', line: 1 },
  ]);
});
