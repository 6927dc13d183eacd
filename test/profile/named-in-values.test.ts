import { expect, test } from 'vitest';

import { namedInValues } from '../../src/profile/named-in-values.ts';
import { parseYaml } from '../../src/profile/yaml-tree.ts';

function namedIn(text: string) {
  return parseYaml(text, (line) => `line ${line}`).flatMap(({ root }) => namedInValues(root, text));
}

test('images of the list, of the options, of stylus and of manifests, in this order, with key and line', () => {
  const values = [
    'nodes: [{kairos.stylusPackage: r.io/stylus:1}]',
    'manifests:',
    '  crds:',
    '    contents: |',
    '      kind: Pod',
    'options:',
    '  system.uri: r.io/os:1',
    'pack:',
    '  content:',
    '    images:',
    '      - name: none',
    '      - image: r.io/listed:1',
  ];
  expect(namedIn(`${values.join('\n')}\n`)).toEqual([
    { kind: 'image', text: 'r.io/listed:1', key: 'pack.content.images[1]', line: 12, mayBeNone: false },
    { kind: 'image', text: 'r.io/os:1', key: 'options.system.uri', line: 7, mayBeNone: true },
    {
      kind: 'image',
      text: 'r.io/stylus:1',
      key: 'nodes[0].kairos.stylusPackage',
      line: 1,
      mayBeNone: true,
    },
    { kind: 'manifest', text: 'kind: Pod\n', key: 'manifests.crds.contents', line: 5 },
  ]);
});

test.each([
  '{}',
  'pack: {content: {images: none}}',
  'options: {system.uri: [a]}',
  'manifests: {a: {contents: null}}',
])('nothing of %s', (values) => {
  expect(namedIn(values)).toEqual([]);
});
