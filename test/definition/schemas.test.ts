import { readFileSync } from 'node:fs';

import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

import { readDefinition } from '../../src/definition/read-definition.ts';
import { definitionSchemaUrl } from '../../src/definition/write-definition.ts';
import { PaletteEdgeError } from '../../src/errors.ts';

function readText(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
}

function validatorOf(path: string) {
  const schema: { readonly $id: string } = JSON.parse(readText(path));
  return { id: schema.$id, validate: new Ajv({ allErrors: true, allowUnionTypes: true }).compile(schema) };
}

/** The YAML blocks of a page. */
function yamlBlocks(path: string): string[] {
  return Array.from(readText(path).matchAll(/^```yaml\n(.*?)^```$/gms), ([, block = '']) => block);
}

const digest = `sha256:${'a'.repeat(64)}`;
const minimal = 'definitionVersion: 1\n';

describe('a definition', () => {
  const { id, validate } = validatorOf('docs/schemas/bundle-definition.schema.json');

  test('the schema is published where definitions look for it', () => {
    expect(id).toBe(definitionSchemaUrl);
  });

  test('the example in the documentation is one, and says where its schema is', () => {
    const [example = ''] = yamlBlocks('docs/definition-file.md');
    expect(validate(parse(example))).toBe(true);
    expect(readDefinition({ name: 'example', text: example }).images.length).toBeGreaterThan(0);
    expect(example.split('\n', 1)).toEqual([`# yaml-language-server: $schema=${definitionSchemaUrl}`]);
  });

  test.each([
    ['nothing but the version', minimal],
    ['empty sections', `${minimal}options:\nprofiles:\nimages:\ncharts:\nfiles:\n`],
    ['an image without digest', `${minimal}images:\n  - reference: nginx\n`],
    ['a number as a version', `${minimal}profiles:\n  - name: a\n    version: 1.10\n`],
    ['an origin', `${minimal}images: [{reference: a, digest: "${digest}", origins: [{kind: flag}]}]\n`],
    [
      'a chart',
      `${minimal}charts: [{repository: "https://a.io", name: a, wanted: 1.2, version: 1.2.3, digest: "${digest}"}]\n`,
    ],
    [
      'a chart that is pinned with all that belongs to it',
      `${minimal}charts: [{repository: "oci://a.io", name: a, digest: "${digest}", wantsDigest: true}, {repository: "https://a.io", name: a, provenance: none}, {repository: "https://a.io", name: b, provenance: "${digest}"}]\n`,
    ],
    ['a file', `${minimal}files:\n  - {path: a b, name: c/d, digest: "${digest}"}\n`],
    [
      'options',
      `${minimal}options: {name: a, platforms: [linux/arm/v7], compressionLevel: 19, map: [a.io=b.io], exclude: ["**"], allowMissingPlatform: true}\n`,
    ],
  ])('schema and reader take %s', (_, text) => {
    expect([validate(parse(text)), validate.errors]).toEqual([true, null]);
    expect(isRead(text)).toBe(true);
  });

  test.each([
    ['no version', 'images: []\n'],
    ['another version', 'definitionVersion: 2\n'],
    ['a list', '- a\n'],
    ['a field that is not known', `${minimal}imags: []\n`],
    ['an image without reference', `${minimal}images:\n  - digest: ${digest}\n`],
    ['a short digest', `${minimal}images:\n  - reference: a\n    digest: sha256:abc\n`],
    ['a misspelt digest', `${minimal}images:\n  - reference: a\n    digset: ${digest}\n`],
    ['an unknown origin', `${minimal}images: [{reference: a, origins: [{kind: dream}]}]\n`],
    ['a level of 20', `${minimal}options: {compressionLevel: 20}\n`],
    ['a platform without architecture', `${minimal}options: {platforms: [linux]}\n`],
    ['a chart without name', `${minimal}charts: [{repository: "https://a.io"}]\n`],
    [
      'a provenance that is no digest',
      `${minimal}charts: [{repository: "https://a.io", name: a, provenance: some}]\n`,
    ],
    ['a file without name', `${minimal}files: [{path: a}]\n`],
    ['a truth that is a text', `${minimal}options: {allowMissingPlatform: "yes"}\n`],
  ])('schema and reader refuse %s', (_, text) => {
    expect(validate(parse(text))).toBe(false);
    expect(isRead(text)).toBe(false);
  });
});

describe('a config file', () => {
  const { validate } = validatorOf('docs/schemas/palette-edge-config.schema.json');

  test('the example in the documentation is one', () => {
    const [example = ''] = yamlBlocks('docs/configuration.md');
    expect([validate(parse(example)), validate.errors]).toEqual([true, null]);
    expect(example).toMatch(/^# yaml-language-server: \$schema=\S+\/palette-edge-config\.schema\.json\n/);
  });

  test.each([
    ['nothing', ''],
    ['one value of a list', 'exclude: "**/test"\n'],
    ['several values', 'exclude: [a, b]\nplain-http:\n  - a.io\n'],
    ['a section', 'build:\n  outfile: 1.0\n  skip-missing: true\n'],
  ])('the schema takes %s', (_, text) => {
    expect([validate(parse(text)), validate.errors]).toEqual([true, null]);
  });

  test.each([
    ['a flag that nobody has', 'concurency: 8\n'],
    ['a flag that cannot be set there', 'json: true\n'],
    ['a number that is too large', 'concurrency: 1000\n'],
    ['a list for one value', 'outfile: [a, b]\n'],
    ['a flag of another command', 'inspect:\n  store: a\n'],
    ['a text for a truth', 'build:\n  skip-missing: "yes"\n'],
    ['an architecture that there is none of', 'arch: s390x\n'],
  ])('the schema refuses %s', (_, text) => {
    expect(validate(parse(text))).toBe(false);
  });
});

function isRead(text: string): boolean {
  try {
    readDefinition({ name: 'd.yaml', text });
    return true;
  } catch (error) {
    if (error instanceof PaletteEdgeError && error.code === 'DEFINITION_INVALID') return false;
    throw error;
  }
}
