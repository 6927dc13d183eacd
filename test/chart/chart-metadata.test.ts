import { describe, expect, test } from 'vitest';

import { chartArtifact, chartMediaTypes } from '../../src/chart/chart-artifact.ts';
import { readChartMetadata } from '../../src/chart/chart-metadata.ts';
import { goJson } from '../../src/chart/go-json.ts';
import { missingDependencies } from '../../src/chart/missing-dependencies.ts';
import { thrown } from '../support/sample-profiles.ts';

function filesOf(texts: Readonly<Record<string, string>>): Map<string, Uint8Array> {
  return new Map(Object.entries(texts).map(([path, text]) => [path, Buffer.from(text)]));
}

function configOf(text: string, more: Readonly<Record<string, string>> = {}): string {
  return goJson(readChartMetadata(filesOf({ 'Chart.yaml': text, ...more }), 'c').fields);
}

const least = 'name: c\nversion: 1.0.0\n';

/** What Helm 3.22 pushes as the config of this chart. */
test('the config is that of Helm: its fields in its order, its escapes, its empty fields', () => {
  const text = `apiVersion: v2
version: 1.2.3+build.5
name: thing
appVersion: 1.10
description: |
  Two lines <b> & "quotes"
  of text\u00a0\u2028end
keywords: [a, 1, true]
maintainers:
  - {name: Jo, email: jo@example.com, unknown: 1}
  - {url: https://x}
annotations: {z: "1", a.b/c: 2, "10": x, "9": y}
kubeVersion: ">=1.2.0-0"
deprecated: true
icon: ""
sources: []
unknown: field
dependencies:
  - {name: sub, version: 0.1.0, tags: [x], import-values: [data, {parent: b, child: a}], alias: other}
`;
  expect(configOf(text)).toBe(
    '{"name":"thing","version":"1.2.3+build.5","description":"Two lines \\u003cb\\u003e \\u0026 \\"quotes\\" of text  end ","keywords":["a","1","true"],"maintainers":[{"name":"Jo","email":"jo@example.com"},{"url":"https://x"}],"apiVersion":"v2","appVersion":"1.1","deprecated":true,"annotations":{"10":"x","9":"y","a.b/c":"2","z":"1"},"kubeVersion":"\\u003e=1.2.0-0","dependencies":[{"name":"sub","version":"0.1.0","repository":"","tags":["x"],"import-values":["data",{"child":"a","parent":"b"}],"alias":"other"}]}',
  );
});

test('a chart without apiVersion is of version 1, and has its dependencies in a file of their own', () => {
  const requirements = 'dependencies:\n  - {name: sub, version: 1.0.0, repository: https://a.io}\n';
  expect(configOf(least, { 'requirements.yaml': requirements })).toBe(
    '{"name":"c","version":"1.0.0","apiVersion":"v1","dependencies":[{"name":"sub","version":"1.0.0","repository":"https://a.io"}]}',
  );
});

test('dependencies that are not packaged are told', () => {
  const text = `${least}dependencies: [{name: one}, {name: two}, {name: three}, {name: three}]\n`;
  const files = filesOf({ 'Chart.yaml': text, 'charts/two/Chart.yaml': 'x', 'charts/one/values.yaml': 'x' });
  expect(missingDependencies(readChartMetadata(files, 'c'), files)).toEqual(['one', 'three']);
});

describe('no chart', () => {
  test.each([
    ['', 'no mapping'],
    ['- a', 'no mapping'],
    ['a: {{', 'no valid YAML'],
    [`a: ${'['.repeat(10_000)}`, 'no valid YAML'],
    [`${least}dependencies: [{name: x, import-values: &a [*a]}]`, 'more than 32 deep'],
    ['version: 1.0.0', 'name cannot be'],
    ['name: c', 'version cannot be'],
    ['name: ../c\nversion: 1.0.0', 'name cannot be'],
    ['name: c\nversion: latest', 'no SemVer'],
    ['name: {a: 1}\nversion: 1.0.0', 'name is no text'],
    [`${least}keywords: x`, 'keywords is no list'],
    [`${least}maintainers: [x]`, 'maintainers has an entry'],
    [`${least}annotations: [x]`, 'annotations is no mapping'],
    [`${least}deprecated: {a: 1}`, 'deprecated is neither'],
    [`${least}# ${'x'.repeat(1024 * 1024)}`, 'more than 1048576 bytes'],
  ])('%j', (text, reason) => {
    const { code, kind, message } = thrown(() => configOf(text));
    expect({ code, kind, message }).toEqual({
      code: 'CHART_INVALID',
      kind: 'content',
      message: expect.stringContaining(reason),
    });
  });
});

test('annotations of the manifest are those of Helm, without the time', () => {
  const text = `${least}home: https://a.io\nsources: [https://s.io, x]\nmaintainers: [{name: Jo}, {name: Al, email: a@b}]\nannotations: {org.opencontainers.image.title: no, org.opencontainers.image.url: own, k: v}\n`;
  const metadata = readChartMetadata(filesOf({ 'Chart.yaml': text }), 'c');
  const { manifest, blobs } = chartArtifact(Buffer.from('tgz'), metadata, Buffer.from('prov'));
  const document = JSON.parse(Buffer.from(manifest.bytes).toString());
  expect(document.annotations).toEqual({
    k: 'v',
    'org.opencontainers.image.authors': 'Jo, Al (a@b)',
    'org.opencontainers.image.source': 'https://s.io',
    'org.opencontainers.image.title': 'c',
    'org.opencontainers.image.url': 'own',
    'org.opencontainers.image.version': '1.0.0',
  });
  expect(document.layers.map(({ mediaType }: { mediaType: string }) => mediaType).toSorted()).toEqual(
    [chartMediaTypes.provenance, chartMediaTypes.content].toSorted(),
  );
  expect(document.layers.map(({ digest }: { digest: string }) => digest)).toEqual(
    document.layers.map(({ digest }: { digest: string }) => digest).toSorted(),
  );
  expect(blobs).toHaveLength(3);
});
