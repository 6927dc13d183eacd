import { describe, expect, test } from 'vitest';

import { findManifestImages } from '../../src/profile/manifest-images.ts';
import { parseYaml } from '../../src/profile/yaml-tree.ts';
import { failureOf, imagesOf, profileFile, warningsOf } from '../support/sample-profiles.ts';

function find(text: string): string[] {
  return parseYaml(text, () => 'x')
    .flatMap(({ root }) => findManifestImages(root))
    .map(
      ({ text: image, key, line, isPodSpec }) => `${key} ${image} line ${line}${isPodSpec ? '' : ' (guess)'}`,
    );
}

const hex = 'a'.repeat(64);
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
  [
    'a map in a volume',
    'volumes: [{image: {repository: a, tag: 1}}]',
    ['volumes[0].image a:1 line 1 (guess)'],
  ],
  ['an image volume elsewhere', 'x: {image: {reference: a}}', []],
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
    'keys that end in Image',
    `${object}spec:\n  sidecarImage: a/b:1\n  Image: c\n  imageName: d\n  images: e/f:1\n  xImage: 5\n  yImage: ""\n`,
    ['spec.sidecarImage a/b:1 line 4 (guess)', 'spec.Image c line 5 (guess)'],
  ],
  [
    'a key that ends in Image in a container',
    'containers: [{sidecarImage: a/b:1}]',
    ['containers[0].sidecarImage a/b:1 line 1 (guess)'],
  ],
  [
    'lists of images',
    'images:\n  - a/b:1\n  - 5\n  - ""\n  - [c/d:1]\nextraImages: [e/f:1]\nimagesOf: [g/h:1]\n',
    ['images[0] a/b:1 line 2 (guess)', 'extraImages[0] e/f:1 line 6 (guess)'],
  ],
  [
    'maps of repository and tag',
    'image:\n  repository: a/b\n  tag: 1.10\n  pullPolicy: Always\nsidecarImage: {repository: c/d, tag: v2}\n',
    ['image a/b:1.10 line 1 (guess)', 'sidecarImage c/d:v2 line 5 (guess)'],
  ],
  [
    'maps with a registry and a digest',
    'image: {registry: q.io/, repository: a/b, tag: 1, digest: "sha256:x"}\nxImage: {registry: q.io, repository: a, tag: null, digest: ""}',
    ['image q.io/a/b:1@sha256:x line 1 (guess)', 'xImage q.io/a line 2 (guess)'],
  ],
  [
    'maps in lists of images',
    'x:\n  images:\n    - name: y\n      repository: a/b\n      tag: 1\n',
    ['x.images[0] a/b:1 line 3 (guess)'],
  ],
  [
    'maps of all parts under any key',
    'x: {registry: q.io, repository: a/b, tag: v1}\ny: [{registry: q.io, repository: c, digest: d}]',
    ['x q.io/a/b:v1 line 1 (guess)', 'y[0] q.io/c@d line 2 (guess)'],
  ],
  [
    'maps that are something else',
    'git: {repository: a/b, tag: v1}\nx: {registry: q.io, repository: a}\nimage: {url: a, tag: b}\nyImage: {repository: {a: b}, tag: c}\nzImage: {repository: 5, tag: 1}',
    [],
  ],
  [
    'a map whose repository is a part only',
    'image: {repository: n.io/v, image: driver, tag: 1}',
    ['image.image driver line 1 (guess)'],
  ],
  [
    'none of these where there are no images',
    'apiVersion: v1\nkind: Thing\nstatus: {osImage: a/b:1, images: [a/b:1]}\nmetadata: {image: {repository: a, tag: 1}}\n---\napiVersion: v1\nkind: ConfigMap\ndata: {xImage: a/b:1, images: [a/b:1], image: {repository: a, tag: 1}}',
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

  test.each(['a/b:1', 'ghcr.io/a', 'localhost/a', 'docker://a.io/b', 'nginx:1', `x@sha256:${hex}`])(
    '%s is taken',
    (image) => {
      expect(imagesOf({ manifests: manifests(image) })).toHaveLength(1);
    },
  );

  test.each(['ubuntu-22', 'isos.example.com/ubuntu.iso', 'org/app'])(
    '%s is left out with a warning',
    (image) => {
      expect(imagesOf({ manifests: manifests(image) })).toEqual([]);
      expect(warningsOf({ manifests: manifests(image) })).toEqual([
        expect.stringMatching(/^IMAGE_FIELD_SKIPPED m\.yaml:4 spec\.image: .*--image/),
      ]);
    },
  );

  test.each([
    'path/to/logo.png',
    'disk.qcow2',
    'https://example.com/disk.img',
    'data:image/png;base64,AAAA',
    'An image of a cat',
    '/logo.png',
  ])('%s is none', (image) => {
    expect(imagesOf({ manifests: manifests(`"${image}"`) })).toEqual([]);
    expect(warningsOf({ manifests: manifests(`"${image}"`) })).toEqual([]);
  });

  test.each([
    ['{repository: a/b, tag: "1"}', 'docker.io/a/b:1'],
    ['{registry: q.io, repository: a, tag: 1.10}', 'q.io/a:1.10'],
    ['{repository: backup, digest: "sha256:HEX"}', 'docker.io/library/backup@sha256:HEX'],
    ['{repository: q.io/a/b:2}', 'q.io/a/b:2'],
  ])('the map %s is taken', (map, name) => {
    const given = { manifests: manifests(map.replace('HEX', hex)) };
    expect(imagesOf(given)).toEqual([name.replace('HEX', hex)]);
    expect(warningsOf(given)).toEqual([]);
  });

  test.each(['{repository: q.io/a/b}', '{registry: q.io, repository: a/b, tag: ""}'])(
    'the map %s, whose tag its controller picks, is left out with a warning',
    (map) => {
      expect(imagesOf({ manifests: manifests(map) })).toEqual([]);
      expect(warningsOf({ manifests: manifests(map) })).toEqual([
        expect.stringMatching(/^IMAGE_FIELD_SKIPPED m\.yaml:4 spec\.image: q\.io\/a\/b .*--image/),
      ]);
    },
  );

  test('user and password in a template are not told', () => {
    const warnings = warningsOf({ manifests: manifests('"bob:s3cr3t@q.io/{{ .Values.x }}"') });
    expect(warnings).toEqual([expect.stringContaining('***@q.io/')]);
    expect(warnings.join('')).not.toContain('s3cr3t');
  });

  test('in an inline manifest, a map without a tag is left out too', () => {
    const pack = { type: 'manifest', manifests: [{ name: 'm', content: 'image: {repository: q.io/a/b}' }] };
    expect(imagesOf({ profiles: [profileFile([pack])] })).toEqual([]);
  });

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
