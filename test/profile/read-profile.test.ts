import { describe, expect, test } from 'vitest';

import { readProfile, readProfileAhead } from '../../src/profile/read-profile.ts';
import { failureOf, imagesOf, profileFile, thrown, valuesWith } from '../support/sample-profiles.ts';

function read(text: string, name = 'file.yaml'): ReturnType<typeof readProfile> {
  return readProfile({ name, text });
}

describe('shapes', () => {
  const list = '[{"name":"a","layer":"cni","version":"1.2.3","values":"x: 1"}]';

  test.each([
    [
      'export',
      `{"metadata":{"name":"n"},"spec":{"version":"1","template":{"type":"infra","packs":${list}}}}`,
    ],
    [
      'published',
      `{"metadata":{"name":"n"},"spec":{"version":"1","draft":{"type":"add-on","packs":[]},"published":{"type":"infra","packs":${list}}}}`,
    ],
    [
      'draft',
      `{"metadata":{"name":"n"},"spec":{"version":"1","published":null,"draft":{"type":"infra","packs":${list}}}}`,
    ],
    [
      'version of the template',
      `{"metadata":{"name":"n"},"spec":{"published":{"type":"infra","profileVersion":"1","version":7,"packs":${list}}}}`,
    ],
    ['flattened', `{"metadata":{"name":"n"},"spec":{"version":"1","type":"infra","packs":${list}}}`],
    ['flattened without type', `{"metadata":{"name":"n"},"spec":{"version":"1","packs":${list}}}`],
  ])('%s', (_name, text) => {
    expect(read(text)).toMatchObject({
      name: 'n',
      version: '1',
      type: 'infra',
      packs: [{ name: 'a', layer: 'cni', version: '1.2.3', values: 'x: 1', manifests: [] }],
    });
  });

  test('a profile without a name is called as its file, a version stays as written', () => {
    expect(read('spec: {version: 1.10, packs: []}', 'edge.site.yaml')).toMatchObject({
      name: 'edge.site',
      version: '1.10',
    });
  });

  test('with a byte order mark, CRLF and document markers', () => {
    expect(read('\uFEFF---\r\nspec:\r\n  packs:\r\n    - name: a\r\n---\r\n')).toMatchObject({
      packs: [{ name: 'a' }],
    });
  });

  test.each([
    [['os', 'k8s'], 'infra'],
    [['os', 'k8s', 'addon'], 'cluster'],
    [['addon'], 'add-on'],
    [[''], 'add-on'],
  ])('layers %j make type %s', (layers, type) => {
    const packs = layers.map((layer) => `{name: x, layer: "${layer}"}`).join(', ');
    expect(read(`spec: {packs: [${packs}]}`).type).toBe(type);
  });
});

test('what packs leave out is empty', () => {
  const { packs } = read('spec: {packs: [{name: a, tag: 1.x, values: null}]}');
  expect(packs).toEqual([
    {
      name: 'a',
      type: '',
      layer: '',
      version: '1.x',
      server: '',
      providerType: '',
      values: '',
      manifests: [],
    },
  ]);
});

test('manifests with text, and references without', () => {
  const manifests = [
    { name: 'one', content: 'a: 1' },
    { kind: 'manifest', name: 'two', uid: 'u' },
    { name: 'three', spec: { published: { content: 'b: 2' } } },
  ];
  expect(readProfile(profileFile([{ manifests }])).packs[0]?.manifests).toEqual([
    { name: 'one', content: 'a: 1' },
    { name: 'two', content: undefined },
    { name: 'three', content: 'b: 2' },
  ]);
});

test('variables: default, sensitivity, the first of a name', () => {
  const variables = [
    { name: 'a', defaultValue: 'x', isSensitive: true },
    { name: 'b' },
    { name: 'a', defaultValue: 'y' },
    { defaultValue: 'nameless' },
  ];
  expect([...readProfile(profileFile([], { variables })).variables]).toEqual([
    ['a', { defaultValue: 'x', isSensitive: true }],
    ['b', { defaultValue: undefined, isSensitive: false }],
  ]);
});

describe('documents that are no profile', () => {
  test.each([
    ['', 'file.yaml is empty'],
    ['# only a comment', 'file.yaml is empty'],
    ['hello', 'found a single value'],
    ['[1]', 'found a list'],
    ['{}', 'found the keys (none)'],
    [
      'apiVersion: v1\nkind: Pod\nspec: {containers: []}',
      'found the keys apiVersion, kind, spec (in spec: containers)',
    ],
    ['spec: {template: {packs: {}}}', 'expected spec.template.packs, spec.published.packs or spec.packs'],
    ['spec: {packs: []}\n---\nspec: {packs: []}', 'holds 2 documents'],
    ['spec:\n  packs:\n    - type: helm', 'file.yaml:3: packs[0] has no name'],
    ['spec:\n  packs: [text]', 'packs[0] has no name'],
    ['spec:\n  packs:\n    - name: a\n      values: {x: 1}', 'packs[0] (a): values is no text'],
  ])('%j', (text, message) => {
    const error = thrown(() => read(text));
    expect(error).toMatchObject({ code: 'PROFILE_INVALID', kind: 'usage' });
    expect(error.message).toContain(message);
  });

  test('a Kubernetes object is sent to --manifest', () => {
    expect(thrown(() => read('kind: Pod')).suggestions).toEqual([expect.stringContaining('--manifest')]);
  });
});

test.each([
  ['{"a": 1,\n "b": [1,\n}', 'file.yaml:3:1'],
  ['a: 1\n b: 2', 'file.yaml:1:4'],
  ['spec:\n  packs: []\n  packs: []', 'file.yaml:3:3'],
])('broken text %j is at %s', (text, place) => {
  const error = thrown(() => read(text));
  expect(error).toMatchObject({ code: 'YAML_INVALID', kind: 'usage' });
  expect(error.message.startsWith(`${place}: `)).toBe(true);
});

test('control characters of names are not shown', () => {
  const { packs, name } = readProfile(profileFile([{ name: 'a\u001B[31m\nb' }], { name: 'n\u202Ex' }));
  expect(packs[0]?.name).toBe('a\uFFFD[31m\uFFFDb');
  expect(name).toBe('n\uFFFDx');
});

describe('read ahead', () => {
  test('a document is asked for as if it was read then', () => {
    const file = profileFile([valuesWith('a.io/b:1')]);
    expect(readProfileAhead(file)()).toEqual(readProfile(file));
    expect(imagesOf({ profiles: [readProfileAhead(file)] })).toEqual(['a.io/b:1']);
  });

  test('failures are told together', () => {
    const files = ['one', 'two'].map((name) => ({ name: `${name}.yaml`, text: 'a: 1' }));
    const profiles = files.map(readProfileAhead);
    const { code, message } = failureOf({ profiles });
    expect(failureOf({ profiles: files })).toMatchObject({ code, message });
    expect(message).toMatch(/2 errors.*one\.yaml.*two\.yaml/s);
  });
});
