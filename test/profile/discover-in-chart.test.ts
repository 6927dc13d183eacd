import { expect, test } from 'vitest';

import { PaletteEdgeError } from '../../src/errors.ts';
import {
  discoverInAnnotations,
  discoverInRendered,
  discoverInTemplates,
  readChartDefaults,
} from '../../src/profile/discover-in-chart.ts';
import { discoverInValues } from '../../src/profile/discover-in-values.ts';
import { thrown } from '../support/sample-profiles.ts';

function files(texts: Readonly<Record<string, string>>): ReadonlyMap<string, Uint8Array> {
  return new Map(Object.entries(texts).map(([path, text]) => [path, Buffer.from(text)]));
}

test('artifacthub.io/images: for certain of the chart, perhaps of its sub-charts', () => {
  const annotation = (image: string) =>
    `name: x\nannotations:\n  artifacthub.io/images: |\n    - name: a\n      image: ${image}\n    - name: without\n`;
  const found = discoverInAnnotations(
    files({
      'Chart.yaml': annotation('quay.io/a/b:1'),
      'charts/redis/Chart.yaml': annotation('quay.io/a/redis:1'),
      'files/Chart.yaml': annotation('quay.io/a/no:1'),
    }),
  );
  expect(found.map(({ text, isMaybe }) => [text, isMaybe])).toEqual([
    ['quay.io/a/b:1', false],
    ['quay.io/a/redis:1', true],
  ]);
});

test.each(['annotations: {artifacthub.io/images: "a: b: c"}', ': : :', '', 'annotations: [1]'])(
  'a Chart.yaml %j names none',
  (text) => {
    expect(discoverInAnnotations(files({ 'Chart.yaml': text }))).toEqual([]);
  },
);

test('templates and CRDs as they stand', () => {
  const found = discoverInTemplates(
    files({
      'templates/job.yaml': '{{- if .Values.job }}\n      image: "docker.io/a/kubectl:1.30"\n{{- end }}\n',
      'templates/db.yaml': '- image: postgres:14 # the database\n  image: logo\n  other: a/b:1\n',
      'templates/_pod.tpl': 'image: {{ .Values.image }}\n',
      'templates/tests/test.yaml': 'image: docker.io/a/test:1\n',
      'templates/NOTES.txt': 'image: docker.io/a/notes:1\n',
      'crds/crd.yaml':
        'apiVersion: a/v1\nkind: CustomResourceDefinition\nspec: {default: "quay.io/a/crd:1"}\n',
      'charts/sub/templates/x.yaml': 'image: docker.io/a/sub:1\n',
    }),
  );
  expect(found.map(({ text, key, isMaybe }) => [text, key, isMaybe])).toEqual([
    ['docker.io/a/kubectl:1.30', 'templates/job.yaml line 2', false],
    ['postgres:14', 'templates/db.yaml line 1', false],
    ['quay.io/a/crd:1', 'crds/crd.yaml spec.default', true],
    ['docker.io/a/sub:1', 'charts/sub/templates/x.yaml line 1', false],
  ]);
});

test('a rendered chart: pods for certain, arguments perhaps', () => {
  const text = `---
# Source: web/templates/a.yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
    - {image: "quay.io/a/b:1", args: [--x=quay.io/a/c:1]}
`;
  expect(discoverInRendered(text).map((found) => [found.text, found.key, found.isMaybe])).toEqual([
    ['quay.io/a/b:1', 'Pod/web spec.containers[0].image', false],
    ['quay.io/a/b:1', 'Pod/web spec.containers[0].image', true],
    ['quay.io/a/c:1', 'Pod/web spec.containers[0].args[0]', true],
  ]);
  expect(thrown(() => discoverInRendered('a: b: c'))).toBeInstanceOf(PaletteEdgeError);
});

test('defaults: values of the chart over those of its sub-charts, and each its version', () => {
  const { values, appVersions } = readChartDefaults(
    files({
      'Chart.yaml': 'name: web\nappVersion: "1.0"\n',
      'values.yaml': 'image: {repository: a/web}\nredis: {image: {tag: "7.1"}}\n',
      'charts/redis/Chart.yaml': 'name: redis\nappVersion: 7.2.4\n',
      'charts/redis/values.yaml':
        'image: {repository: a/redis, tag: ""}\nmetrics: {image: {repository: a/exporter}}\n',
      'charts/redis/charts/deep/Chart.yaml': 'appVersion: 9\n',
      'charts/redis/charts/deep/values.yaml': 'image: {repository: a/deep}\n',
    }),
  );
  expect(Object.fromEntries(appVersions)).toEqual({ '': '1.0', redis: '7.2.4', 'redis.deep': '9' });
  const found = discoverInValues(values, { path: '', appVersions, passedOver: new Set() });
  expect(found.map(({ text }) => text).toSorted()).toEqual([
    'a/deep:9',
    'a/exporter:7.2.4',
    'a/redis:7.1',
    'a/web:1.0',
  ]);
});

test('a chart with more YAML than any real one has is read so far', () => {
  const crd = `apiVersion: v1\nkind: A\nspec: {image: a.io/b/c:1}\n#${'x'.repeat(3 * 1024 * 1024)}\n`;
  const names = Array.from({ length: 8 }, (_, index) => [`crds/${index}.yaml`, Buffer.from(crd)] as const);
  const found = discoverInTemplates(new Map(names));
  expect(found.map(({ key }) => key.slice(0, 6))).toEqual(['crds/0', 'crds/1', 'crds/2', 'crds/3', 'crds/4']);
});
