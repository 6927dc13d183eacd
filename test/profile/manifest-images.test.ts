import { describe, expect, test } from 'vitest';

import { findManifestImages } from '../../src/profile/manifest-images.ts';
import { parseYaml } from '../../src/profile/yaml-tree.ts';
import { failureOf, imagesOf, warningsOf } from '../support/sample-profiles.ts';

function find(text: string): string[] {
  return parseYaml(text, () => 'x')
    .flatMap(({ root }) => findManifestImages(root))
    .map(
      ({ text: image, key, line, isPodSpec }) => `${key} ${image} line ${line}${isPodSpec ? '' : ' (guess)'}`,
    );
}

const object = 'apiVersion: v1\nkind: Thing\n';

test.each([
  [
    'containers',
    `${object}spec:\n  containers:\n    - image: a\n      name: x\n`,
    ['spec.containers[0].image a line 5'],
  ],
  ['init containers', 'initContainers: [{image: a}]', ['initContainers[0].image a line 1']],
  [
    'ephemeral containers',
    'x: {ephemeralContainers: [{image: a}]}',
    ['x.ephemeralContainers[0].image a line 1'],
  ],
  ['image volumes', 'volumes:\n  - image:\n      reference: a\n', ['volumes[0].image.reference a line 3']],
  ['an image map elsewhere', 'x: {image: {reference: a, repository: b}}', []],
  ['custom resources', `${object}spec:\n  image: a/b:1\n`, ['spec.image a/b:1 line 4 (guess)']],
  ['a map called containers', 'containers: {image: a/b:1}', ['containers.image a/b:1 line 1 (guess)']],
  [
    'a field of a container',
    'containers: [{x: {image: a/b:1}}]',
    ['containers[0].x.image a/b:1 line 1 (guess)'],
  ],
  [
    'lists',
    'apiVersion: v1\nkind: List\nitems: [{containers: [{image: a}]}]',
    ['items[0].containers[0].image a line 3'],
  ],
  ['a list of objects', '- containers: [{image: a}]', ['[0].containers[0].image a line 1']],
  ['JSON', '{"containers":[{"image":"a"}]}', ['containers[0].image a line 1']],
  [
    'several documents',
    'containers: [{image: a}]\n---\ncontainers: [{image: b}]',
    ['containers[0].image a line 1', 'containers[0].image b line 3'],
  ],
  ['no text', 'containers: [{image: }, {image: ""}, {name: x}]\nimage: true\nx: {image: 5}', []],
  ['a number in a container', 'containers: [{image: 5}]', ['containers[0].image 5 line 1']],
  ['status', `${object}status: {containerStatuses: [{image: a/b:1}], containers: [{image: c}]}`, []],
  ['metadata', `${object}metadata: {annotations: {image: a/b:1}}`, []],
  ['status of something that is no object', 'status: {image: a/b:1}', ['status.image a/b:1 line 1 (guess)']],
  ['definitions', 'apiVersion: v1\nkind: CustomResourceDefinition\nspec: {x: {image: a/b:1}}', []],
  ['config maps', 'apiVersion: v1\nkind: ConfigMap\ndata: {image: a/b:1}', []],
  [
    'secrets in a list',
    'apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: Secret, data: {image: a/b:1}}]',
    [],
  ],
  [
    'aliases',
    'x: &x {image: a/b:1}\ny: *x',
    ['x.image a/b:1 line 1 (guess)', 'y.image a/b:1 line 1 (guess)'],
  ],
])('%s', (_name, text, images) => {
  expect(find(text)).toEqual(images);
});

describe('a field that may be no image', () => {
  const manifests = (image: string) => [{ name: 'm.yaml', text: `${object}spec:\n  image: ${image}\n` }];

  test.each([
    'a/b:1',
    'ghcr.io/a',
    'localhost/a',
    'docker://a.io/b',
    'nginx:1',
    `x@sha256:${'a'.repeat(64)}`,
  ])('%s is taken', (image) => {
    expect(imagesOf({ manifests: manifests(image) })).toHaveLength(1);
  });

  test.each(['ubuntu-22', 'path/to/logo.png', 'org/app'])('%s is left out with a warning', (image) => {
    expect(imagesOf({ manifests: manifests(image) })).toEqual([]);
    expect(warningsOf({ manifests: manifests(image) })).toEqual([
      expect.stringMatching(/^IMAGE_FIELD_SKIPPED m\.yaml:4 spec\.image: .*--image/),
    ]);
  });

  test.each(['https://example.com/disk.img', 'data:image/png;base64,AAAA', 'An image of a cat', '/logo.png'])(
    '%s is none',
    (image) => {
      expect(imagesOf({ manifests: manifests(`"${image}"`) })).toEqual([]);
      expect(warningsOf({ manifests: manifests(`"${image}"`) })).toEqual([]);
    },
  );

  test('a template of another tool is left out with a warning', () => {
    expect(warningsOf({ manifests: manifests('"{{inputs.parameters.image}}"') })).toEqual([
      expect.stringMatching(/^TEMPLATE_SKIPPED m\.yaml:4 /),
    ]);
  });

  test('a macro of Palette is resolved, or an error', () => {
    const macros = new Map([['m', 'a/b:1']]);
    expect(imagesOf({ manifests: manifests('{{.spectro.macro.m}}'), macros })).toEqual(['docker.io/a/b:1']);
    expect(failureOf({ manifests: manifests('{{.spectro.macro.m}}') }).code).toBe('MACRO_UNRESOLVED');
  });
});
