import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { findProgram } from '../../src/cli/discovery-flags.ts';
import { formatOrigin } from '../../src/oci/origin.ts';
import { collectRequests } from '../../src/profile/request-images.ts';
import { discover } from '../../src/workflows/discover-images.ts';
import type { DiscoveryParts } from '../../src/workflows/discover-images.ts';
import { goProgram } from '../support/go-program.ts';
import { helm } from '../support/helm.ts';
import { profileFile } from '../support/sample-profiles.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const pod = (name: string, image: string) =>
  `---\napiVersion: v1\nkind: Pod\nmetadata: {name: ${name}}\nspec:\n  containers:\n    - name: ${name}\n      image: ${image}\n`;

const chartFiles: Readonly<Record<string, string>> = {
  'Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.0.0\nappVersion: "3.2"\n',
  'values.yaml':
    'image: {registry: quay.io, repository: example/web, tag: ""}\nproxy: {enabled: true, image: {repository: quay.io/example/proxy, tag: "1"}}\n',
  'templates/web.yaml': pod(
    'web',
    '"{{ .Values.image.registry }}/{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"',
  ),
  'templates/proxy.yaml': `{{ if .Values.proxy.enabled }}\n${pod('proxy', '{{ .Values.proxy.image.repository }}:{{ .Values.proxy.image.tag }}')}      args: [--reloader=quay.io/example/reloader:2]\n{{ end }}\n`,
  'templates/put-together.yaml': pod(
    'kubectl',
    'quay.io/example/kubectl:{{ .Capabilities.KubeVersion.Minor }}',
  ),
  'templates/tests/test.yaml': `apiVersion: v1\nkind: Pod\nmetadata: {name: t, annotations: {helm.sh/hook: test}}\nspec: {containers: [{name: t, image: "quay.io/example/test:1"}]}\n`,
  'templates/required.yaml':
    '{{ if .Values.password }}{{ fail (printf "weak: %s" .Values.password) }}{{ end }}\n',
  'crds/crd.yaml':
    'apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: a.b.c}\nspec: {schema: {default: "quay.io/example/operand:7"}}\n',
};

async function chartArchive(): Promise<Uint8Array> {
  const folder = await temporaryFolder();
  for (const [path, text] of Object.entries(chartFiles)) {
    await mkdir(dirname(join(folder, 'web', path)), { recursive: true });
    await writeFile(join(folder, 'web', path), text);
  }
  await helm(folder, 'package', 'web');
  return await readFile(join(folder, 'web-1.0.0.tgz'));
}

function realHelm(): string {
  const program = goProgram('helm');
  const path = isAbsolute(program) ? program : findProgram(program, process.env['PATH']);
  if (path === undefined) throw new Error('Helm is on no absolute folder of the PATH');
  return path;
}

async function discovered(values: string, options: Partial<DiscoveryParts> = {}) {
  const kubernetes = {
    name: 'k3s',
    layer: 'k8s',
    version: '1.29.4',
    values: 'pack: {content: {images: []}}',
  };
  const variables = [{ name: 'Password', defaultValue: 'hunter2', isSensitive: true }];
  const collected = collectRequests({
    profiles: [
      profileFile([{ name: 'web', values: `pack: {content: {images: []}}\n${values}` }, kubernetes], {
        variables,
      }),
    ],
    images: [],
    lists: [],
    manifests: [],
    variables: new Map(),
    macros: new Map(),
  });
  const found = await discover(collected, {
    charts: [{ profile: 'sample', pack: 'web', name: 'web', archive: await chartArchive() }],
    isIncluded: false,
    isExcluded: () => false,
    helm: realHelm(),
    signal: new AbortController().signal,
    ...options,
  });
  const told = found.discovered.map(
    ({ name, origin, isCertain }) => `${isCertain ? '' : 'maybe '}${name} <- ${formatOrigin(origin)}`,
  );
  return { ...found, told, codes: found.warnings.map(({ code }) => code) };
}

describe('a chart that the real Helm renders', () => {
  test('with the values of its pack, for the Kubernetes of the profile', async () => {
    const { told, codes } = await discovered('charts:\n  web:\n    image: {registry: mirror.example.com}\n');
    const place = 'profile sample, pack web, chart web,';
    expect(told.toSorted()).toEqual([
      `maybe quay.io/example/operand:7 <- ${place} CustomResourceDefinition/a.b.c spec.schema.default, discovered (rendered)`,
      `maybe quay.io/example/reloader:2 <- ${place} Pod/proxy spec.containers[0].args[0], discovered (rendered)`,
      `mirror.example.com/example/web:3.2 <- ${place} Pod/web spec.containers[0].image, discovered (rendered)`,
      `quay.io/example/kubectl:29 <- ${place} Pod/kubectl spec.containers[0].image, discovered (rendered)`,
      `quay.io/example/proxy:1 <- ${place} Pod/proxy spec.containers[0].image, discovered (rendered)`,
    ]);
    expect(codes).not.toContain('VALUES_ONLY_READ');
  });

  test('with all of its values, where they can be read in pieces only', async () => {
    const { told } = await discovered(
      'charts:\n  web:\n    image: {registry: mirror.example.com}\nodd:\n  a: "{{ .x }}\n',
    );
    expect(told.join('\n')).toContain('mirror.example.com/example/web:3.2');
  });

  test('what is switched off is not there', async () => {
    const { told } = await discovered('charts: {web: {proxy: {enabled: false}}}\n');
    expect(told.join('\n')).not.toContain('proxy');
  });

  test('a sensitive value does not reach it, and a failure quotes none', async () => {
    const hidden = await discovered('charts: {web: {password: "{{.spectro.var.Password}}"}}\n');
    const written = await discovered('charts: {web: {password: hunter3}}\n');
    for (const { codes, told, warnings } of [hidden, written]) {
      expect(codes[0]).toBe('CHART_NOT_RENDERED');
      expect(warnings[0]?.message).toContain('at web/templates/required.yaml:1');
      expect(JSON.stringify(warnings)).not.toMatch(/hunter/);
      expect(told).toContain(
        'quay.io/example/proxy:1 <- profile sample, pack web, charts.web.proxy.image, discovered (read)',
      );
    }
  });
});

test('without Helm the chart is read, and that is said', async () => {
  const { told, codes } = await discovered('charts: {web: {proxy: {image: {tag: "2"}}}}\n', {
    helm: undefined,
  });
  expect(told).toEqual([
    'quay.io/example/web:3.2 <- profile sample, pack web, charts.web.image, discovered (read)',
    'quay.io/example/proxy:2 <- profile sample, pack web, charts.web.proxy.image, discovered (read)',
    'maybe quay.io/example/operand:7 <- profile sample, pack web, chart web, crds/crd.yaml spec.schema.default (line 4), discovered (read)',
  ]);
  expect(codes).toContain('VALUES_ONLY_READ');
});

test('an archive that several packs ask for is unpacked once', async () => {
  const { signal } = new AbortController();
  // Looked at before each archive.
  let unpacked = 0;
  signal.throwIfAborted = () => void (unpacked += 1);
  const archive = await chartArchive();
  const charts = ['web', 'k3s'].map((pack) => ({ profile: 'sample', pack, name: 'web', archive }));
  const { told } = await discovered('', { charts, helm: undefined, signal });
  expect(told.join('\n')).toMatch(/pack web, [^]*pack k3s, /);
  expect(unpacked).toBe(1);
});

test('an archive that is no chart is refused', async () => {
  const charts = [{ profile: 'sample', pack: 'web', name: 'web', archive: Buffer.from('no chart') }];
  await expect(discovered('', { charts })).rejects.toMatchObject({ code: 'CHART_INVALID' });
});
