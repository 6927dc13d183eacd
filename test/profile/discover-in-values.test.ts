import { describe, expect, test } from 'vitest';

import { discoverInValues } from '../../src/profile/discover-in-values.ts';
import type { ValuesPlace } from '../../src/profile/discover-in-values.ts';
import { parseYaml } from '../../src/profile/yaml-tree.ts';
import { onlyDocument } from '../support/sample-profiles.ts';

const place: ValuesPlace = { path: '', appVersions: new Map(), passedOver: new Set() };

function found(values: string, options: Partial<ValuesPlace> = {}): string[] {
  const { root } = onlyDocument(parseYaml(values, () => 'x'));
  return discoverInValues(root, { ...place, ...options }).map(
    ({ text, key, isMaybe, isDisabled }) =>
      `${isDisabled ? 'off ' : ''}${isMaybe ? 'maybe ' : ''}${text} at ${key}`,
  );
}

describe('an image', () => {
  test.each([
    ['image: quay.io/a/b:1', ['quay.io/a/b:1 at image']],
    ['image: {repository: a/b, tag: 1.10}', ['a/b:1.10 at image']],
    ['image: {registry: quay.io, repository: a/b, tag: "1"}', ['quay.io/a/b:1 at image']],
    ['image: {registry: quay.io/, repository: /a/b, tag: "1"}', ['quay.io/a/b:1 at image']],
    ['image: {registry: quay.io, repository: quay.io/a/b, tag: "1"}', ['quay.io/a/b:1 at image']],
    ['image: {name: a/b, tag: v1}', ['a/b:v1 at image']],
    ['image: {image: a/b, tag: v1}', ['a/b:v1 at image']],
    ['image: {repository: a/b, version: v1}', ['a/b:v1 at image']],
    ['image: {repository: a/b, tag: "1", pullPolicy: Always}', ['a/b:1 at image']],
    [
      `image: {repository: a/b, sha: ${'a'.repeat(64)}, tag: "1"}`,
      [`a/b:1@sha256:${'a'.repeat(64)} at image`],
    ],
    [
      `image: {repository: a/b, digest: "sha256:${'a'.repeat(64)}"}`,
      [`a/b@sha256:${'a'.repeat(64)} at image`],
    ],
    ['image: quay.io/a/b\ntag: v2', ['quay.io/a/b:v2 at image']],
    ['web: {repository: a/b, tag: v2}', ['a/b:v2 at web']],
    ['repository: a/b\ntag: v2', ['a/b:v2 at repository']],
    ['{imageRepo: a/b, imageTag: v2}', ['a/b:v2 at imageRepo']],
    ['{imageRepository: a/b, imageTag: v2}', ['a/b:v2 at imageRepository']],
    ['{imageName: a/b, imageTag: v2}', ['a/b:v2 at imageName']],
    ['{hub: docker.io/istio, image: proxyv2, tag: "1.2"}', ['docker.io/istio/proxyv2:1.2 at image']],
    ['x: {repository: nvcr.io/nvidia, image: op, version: v23}', ['nvcr.io/nvidia/op:v23 at x']],
    ['proxyImage: a/b:1', ['a/b:1 at proxyImage']],
    ['{proxyImage: a/b, proxyImageTag: "1"}', ['a/b:1 at proxyImage']],
    ['{proxyImage: a/b, proxyTag: "1"}', ['a/b:1 at proxyImage']],
    ['{proxyImageRepository: a/b, proxyImageTag: "1"}', ['a/b:1 at proxyImageRepository']],
    ['images: [a/b:1, {name: a/c, tag: "2"}]', ['a/b:1 at images[0]', 'a/c:2 at images[1]']],
    ['images: [{image: a/b:1}]', ['a/b:1 at images[0].image']],
    ['images: {web: a/b:1, db: {repository: c/d, tag: "2"}}', ['a/b:1 at images.web', 'c/d:2 at images.db']],
    ['image: docker://quay.io/a/b:1', ['docker://quay.io/a/b:1 at image']],
    ['image: "{{ .spectro.var.Host }}/a:1"', ['{{ .spectro.var.Host }}/a:1 at image']],
    ['spec: [{sidecar: {image: {repository: a/b, tag: "1"}}}]', ['a/b:1 at spec[0].sidecar.image']],
  ])('%s', (values, expected) => {
    expect(found(values)).toEqual(expected);
  });
});

describe('what may be an image', () => {
  test.each([
    ['args: [--reloader=quay.io/a/b:1]', ['maybe quay.io/a/b:1 at args[0]']],
    ['sidecar: quay.io/a/b:1', ['maybe quay.io/a/b:1 at sidecar']],
    ['image: {repository: a/b, tag: ""}', ['maybe a/b at image']],
    ['image: quay.io/a/b', ['maybe quay.io/a/b at image']],
  ])('%s', (values, expected) => {
    expect(found(values)).toEqual(expected);
  });
});

describe('no image', () => {
  test.each([
    'image: logo',
    'image: https://example.com/logo',
    'image: disks/root.qcow2',
    'image: true',
    'image: ""',
    'image: null',
    'source: {repository: https://example.com/a.git, url: x, tag: v1}',
    'source: {repository: a/b, tag: v1, branch: main}',
    'source: {repository: a/b}',
    'chart: oci://ghcr.io/org/charts/web:1.0',
    'chart: ghcr.io/org/charts/web:1.0',
    'url: https://quay.io/a/b:1',
    'imagePullPolicy: Always',
    'imagePullSecrets: [quay]',
    'pack: {content: {images: [{image: a/b:1}]}}',
    'manifests: {x: {contents: "image: quay.io/a/b:1"}}',
    'text',
  ])('%s', (values) => {
    expect(found(values)).toEqual([]);
  });
});

test('an empty tag is the version of the app, by sub-chart', () => {
  const appVersions = new Map([
    ['', 'v1'],
    ['redis', '7.2'],
  ]);
  const values =
    'image: {repository: a/b, tag: ""}\nredis: {image: {repository: c/d}, other: {image: {repository: e/f, tag: "3"}}}';
  expect(found(values, { appVersions })).toEqual([
    'a/b:v1 at image',
    'c/d:7.2 at redis.image',
    'e/f:3 at redis.other.image',
  ]);
});

test('global.imageRegistry wins, below where it stands only', () => {
  const values = `a:
  global: {imageRegistry: mirror.io}
  image: {registry: quay.io, repository: x/y, tag: "1"}
  sub: {image: {repository: z, tag: "2"}}
b:
  global: {imageRegistry: ""}
  image: {registry: quay.io, repository: x/y, tag: "1"}
`;
  expect(found(values)).toEqual([
    'mirror.io/x/y:1 at a.image',
    'mirror.io/z:2 at a.sub.image',
    'quay.io/x/y:1 at b.image',
  ]);
});

test('what is switched off is marked', () => {
  expect(found('a: {enabled: false, b: {image: x/y:1}}\nc: {enabled: true, image: x/z:1}')).toEqual([
    'off x/y:1 at a.b.image',
    'x/z:1 at c.image',
  ]);
});

test('tests of a chart are not run', () => {
  expect(found('testFramework: {image: {repository: x/y, tag: "1"}}')).toEqual([
    'off x/y:1 at testFramework.image',
  ]);
});

test('paths, and what is looked at elsewhere', () => {
  const values = 'charts: {web: {image: a/b:1}, db: {image: c/d:1}}';
  expect(found(values, { passedOver: new Set(['charts.web']) })).toEqual(['c/d:1 at charts.db.image']);
  expect(found('image: a/b:1', { path: 'charts.web.' })).toEqual(['a/b:1 at charts.web.image']);
});

test('lines are those of the field that names the image', () => {
  const { root } = onlyDocument(
    parseYaml('a:\n  image:\n    registry: q.io\n    repository: b\n', () => 'x'),
  );
  expect(discoverInValues(root, place).map(({ line }) => line)).toEqual([4]);
});
