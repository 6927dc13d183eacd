import { describe, expect, test } from 'vitest';

import { readDefinition } from '../../src/definition/read-definition.ts';
import { definitionSchemaUrl, writeDefinition } from '../../src/definition/write-definition.ts';
import type { DefinitionContent } from '../../src/definition/write-definition.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { parseReference } from '../../src/oci/reference.ts';

type Image = DefinitionContent['images'][number];

const [a, b] = [digestOf('a'), digestOf('b')];

function image(name: string, more: Partial<Image> = {}): Image {
  return { reference: parseReference(name), name, digest: a, origins: [{ kind: 'flag' }], ...more };
}

const content: DefinitionContent = {
  options: { name: 'edge', compressionLevel: 3, map: [], exclude: [] },
  profiles: [
    {
      name: 'edge',
      version: '1.10',
      type: 'infra',
      packs: [{ name: 'k3s', type: 'spectro', layer: 'k8s', version: '1' }],
    },
  ],
  images: [image('a.io/x:1'), image('b.io/x:1'), image('c.io/x:1')],
  charts: [
    {
      repository: 'https://a.io',
      name: 'web',
      version: '1.10',
      digest: b,
      origins: [{ kind: 'flag', flag: 'chart' }],
    },
  ],
  files: [{ path: 'in/f', name: 'f', digest: b }],
};

function rewrite(text: string, changed: Partial<DefinitionContent> = {}): string {
  return writeDefinition({ ...content, ...changed }, { name: 'd.yaml', text });
}

const fresh = writeDefinition(content, undefined);

test('a new one is read back, and tells editors where its schema is', () => {
  expect(fresh.startsWith(`# yaml-language-server: $schema=${definitionSchemaUrl}\n`)).toBe(true);
  expect(readDefinition({ name: 'd.yaml', text: fresh })).toMatchObject(content);
});

test('texts that YAML would take for something else stay texts', () => {
  const options = { ...content.options, name: 'yes', exclude: ['**', '# no', '*a', '- b', 'null', '1.10'] };
  const text = writeDefinition({ ...content, options }, undefined);
  expect(readDefinition({ name: 'd.yaml', text }).options).toMatchObject(options);
});

test('written again it is the very same, whatever its layout', () => {
  expect(rewrite(fresh)).toBe(fresh);
  const odd = `${fresh.replace('exclude: []', 'exclude:   [ ]')}\n\n\n# end`;
  expect(rewrite(odd)).toBe(odd);
});

test('what differs is changed where it stands, with its comments', () => {
  const commented = fresh
    .replace('images:\n', 'images:\n  # about a\n')
    .replace(
      `  - reference: b.io/x:1\n    digest: ${a}\n`,
      `  # about b\n  - reference: b.io/x:1 # beside b\n    digest: ${a} # held\n`,
    )
    .replace('compressionLevel: 3', 'compressionLevel: 3 # fast')
    .replace('  - path: in/f\n', '  # about f\n  - path: in/f\n');
  const options = { ...content.options, compressionLevel: 9, exclude: ['x'] };
  const images = [image('a.io/w:1'), image('a.io/x:1'), image('b.io/x:1', { digest: b })];
  const text = rewrite(commented, { options, images });
  expect(text).toContain('compressionLevel: 9 # fast\n');
  expect(text).toContain('exclude: [x]\n');
  expect(text).toContain(`  # about b\n  - reference: b.io/x:1 # beside b\n    digest: ${b} # held\n`);
  expect(text).toContain('  - reference: a.io/w:1\n');
  expect(text).toContain('  # about a\n  - reference: a.io/x:1\n');
  expect(text).toContain('  # about f\n  - path: in/f\n');
  expect(text).not.toContain('c.io');
  const { images: read, options: readOptions } = readDefinition({ name: 'd.yaml', text });
  expect(read.map(({ name, digest }) => [name, digest])).toEqual(
    images.map(({ name, digest }) => [name, digest]),
  );
  expect(readOptions).toMatchObject(options);
});

test('a reference stays as somebody wrote it, and so does the order of entries', () => {
  const text = `definitionVersion: 1
images:
  - {reference: "nginx", origins: [{kind: flag}]}
  - reference: a.io/x:1
`;
  const nginx = image('docker.io/library/nginx:latest');
  const own = image('a.io/x:1', { origins: undefined });
  const written = rewrite(text, { images: [own, image('b.io/x:1'), nginx] });
  expect(written).toContain(
    `  - {reference: "nginx", digest: ${JSON.stringify(a).slice(1, -1)}, origins: [{kind: flag}]}\n`,
  );
  expect(written).toContain(`  - reference: a.io/x:1\n    digest: ${a}\n`);
  const names = readDefinition({ name: 'd.yaml', text: written }).images.map(({ name }) => name);
  expect(names).toEqual(['docker.io/library/nginx:latest', 'a.io/x:1', 'b.io/x:1']);
});

test('sections that are missing or empty are made', () => {
  const text = rewrite('# mine\ndefinitionVersion: 1\nimages:\n');
  expect(text.startsWith('# mine\n')).toBe(true);
  expect(readDefinition({ name: 'd.yaml', text })).toMatchObject(content);
});

test('empty lists stand on one line, and are filled again', () => {
  const empty = rewrite(fresh, { images: [], files: [], profiles: [] });
  expect(empty).toContain('images: []\n');
  expect(readDefinition({ name: 'd.yaml', text: rewrite(empty) })).toMatchObject(content);
  expect(rewrite(empty)).toContain('images:\n  - reference: a.io/x:1\n');
});

describe('profiles of one name', () => {
  const profile = (version: string, pack: string) => ({
    name: 'edge',
    version,
    type: 'add-on',
    packs: [{ name: pack, type: 'spectro', layer: 'addon', version: '1' }],
  });
  const versions = [profile('1.10', 'a'), profile('2', 'b')];
  const readProfiles = (text: string) => readDefinition({ name: 'd.yaml', text }).profiles;

  test('and two versions are both written, and written again each where it stands', () => {
    const text = writeDefinition({ ...content, profiles: versions }, undefined);
    expect(readProfiles(text)).toEqual(versions);
    expect(rewrite(text, { profiles: versions })).toBe(text);
    const [first, second] = [profile('1.10', 'c'), profile('2', 'd')];
    const commented = text.replace(/( {4}version: "2"\n)/, '    # the new one\n$1');
    const changed = rewrite(commented, { profiles: [first, second] });
    expect(readProfiles(changed)).toEqual([first, second]);
    expect(changed).toContain('    # the new one\n    version: "2"\n');
    const less = rewrite(changed, { profiles: [second] });
    expect(readProfiles(less)).toEqual([second]);
    expect(less).toContain('# the new one');
    expect(readProfiles(rewrite(changed, { profiles: [profile('1.9', 'x'), ...versions] }))).toHaveLength(3);
  });

  test('and one version, but other packs, are both written', () => {
    const twins = ['a', 'b', 'c'].map((pack) => profile('1', pack));
    const text = writeDefinition({ ...content, profiles: twins }, undefined);
    expect(readProfiles(text)).toEqual(twins);
    expect(rewrite(text, { profiles: twins })).toBe(text);
    expect(readProfiles(rewrite(fresh, { profiles: twins }))).toEqual(twins);
  });

  test('a new version takes the place of the old one, with its comments', () => {
    const text = fresh.replace('profiles:\n', 'profiles:\n  # of the shops\n');
    const written = rewrite(text, { profiles: [profile('2', 'b')] });
    expect(written).toContain('  # of the shops\n  - name: edge\n    version: "2"\n');
  });
});

test('a name that YAML takes for a number stays as it is written', () => {
  const text = `definitionVersion: 1\nprofiles:\n  - name: 1.10 # ours\n    version: 2\nfiles:\n  - {path: a, name: 7.10}\n`;
  const profiles = [{ name: '1.10', version: '2', type: '', packs: [] }];
  const written = rewrite(text, { profiles, files: [{ path: 'a', name: '7.10' }] });
  expect(written).toContain('  - name: 1.10 # ours\n');
  expect(written).toContain('  - {path: a, name: 7.10}\n');
  expect(readDefinition({ name: 'd.yaml', text: written }).profiles).toEqual(profiles);
});
