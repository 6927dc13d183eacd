import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { BundleReader } from '../../src/bundle/bundle-reader.ts';
import { openFileAccess } from '../../src/io/random-access.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { readWholeBlob } from '../../src/oci/read-whole-blob.ts';
import type { BuildResult } from '../../src/workflows/build-bundle.ts';
import { filesOf, startChartRepository } from '../support/chart-repository.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import type { DockerRegistry } from '../support/docker-registry.ts';
import { helm } from '../support/helm.ts';
import { runCli, runCliJson } from '../support/run-cli.ts';
import { servingBundles } from '../support/serving-bundles.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Packages a chart with Helm, with a sub-chart in it. */
async function packageChart(folder: string, name: string, version: string): Promise<Buffer> {
  const source = join(folder, `source-${version}`, name);
  await mkdir(join(source, 'templates'), { recursive: true });
  await mkdir(join(source, 'charts', 'sub', 'templates'), { recursive: true });
  const dependencies = 'dependencies:\n  - {name: sub, version: 0.1.0, repository: ""}\n';
  const details = 'description: <b>A & B</b>\nappVersion: "2.0"\nhome: https://example.com/?a=1&b=2\n';
  await writeFile(
    join(source, 'Chart.yaml'),
    `apiVersion: v2\nname: ${name}\nversion: ${version}\n${details}${dependencies}`,
  );
  await writeFile(join(source, 'values.yaml'), 'replicas: 1\n');
  const map = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\n';
  await writeFile(join(source, 'templates', 'map.yaml'), map);
  await writeFile(join(source, 'charts', 'sub', 'Chart.yaml'), 'apiVersion: v2\nname: sub\nversion: 0.1.0\n');
  await helm(folder, 'package', source, '--destination', folder);
  return await readFile(join(folder, `${name}-${version}.tgz`));
}

async function openBundle(path: string) {
  const file = await openFileAccess(path, 'bundle');
  const reader = await BundleReader.open(file, path);
  return Object.assign(reader, { [Symbol.asyncDispose]: async () => await file.close() });
}

/** What Helm pulls from a registry. */
async function pulledBy(
  folder: string,
  { name, from, version }: { name: string; from: string; version: string },
): Promise<string> {
  const target = join(folder, 'pulled');
  await mkdir(target, { recursive: true });
  await helm(folder, 'pull', from, '--version', version, '--plain-http', '--destination', target);
  return digestOf(await readFile(join(target, `${name}-${version}.tgz`)));
}

const login = { username: 'edge', password: 's3cret-of-charts' };

test('a chart of an HTTP repository with a login comes back through serve as Helm packaged it', async () => {
  const folder = await temporaryFolder();
  const archive = await packageChart(folder, 'thing', '1.2.3+b5');
  await packageChart(folder, 'thing', '2.0.0');
  await helm(folder, 'repo', 'index', folder);
  const repository = await startChartRepository(await filesOf(folder, '/charts/stable/'), { login });
  const { host } = repository;
  await writeFile(
    join(folder, 'login.json'),
    JSON.stringify({ helm: [{ endpoint: `http://${host}/charts`, ...login }], image: [] }),
  );
  const access = ['--plain-http', host, '--cred-file-path', 'login.json'];
  const chart = `repo=http://${host}/charts/stable,name=thing,version=^1`;
  const args = ['build', '--chart', chart, ...access, '--output', 'charts.tar.zst'];
  const { code, stdout, stderr } = await runCli(args, { cwd: folder });
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('Fetching 1 chart …') });
  expect(stdout).toMatch(/^ {2}images +0\n {2}charts +1$/m);
  expect(`${stdout}${stderr}`).not.toContain(login.password);
  const verified = await runCli(['verify', 'charts.tar.zst'], { cwd: folder });
  expect(verified).toMatchObject({ code: 0, stdout: expect.stringContaining('0 images, 1 chart, ') });
  const inspected = await runCli(['inspect', 'charts.tar.zst'], { cwd: folder });
  expect(inspected.stdout).toMatch(/charts\/stable\/thing:1\.2\.3_b5 +[0-9a-f]{12} +Helm chart/);

  const served = await servingBundles([join(folder, 'charts.tar.zst')]);
  for (const path of [`${host.replace(':', '-')}/charts/stable`, 'charts/stable']) {
    const from = `oci://${served.host}/${path}/thing`;
    expect(await pulledBy(folder, { name: 'thing', from, version: '1.2.3+b5' })).toBe(digestOf(archive));
  }
});

test('the same chart gives the same bytes, and what the store has is not fetched again', async () => {
  const folder = await temporaryFolder();
  await packageChart(folder, 'thing', '1.0.0');
  await helm(folder, 'repo', 'index', folder);
  const { host, requests } = await startChartRepository(await filesOf(folder, '/'));
  const chart = `repo=http://${host},name=thing,version=1.0.0`;
  const build = async (output: string, ...more: readonly string[]): Promise<Buffer> => {
    const args = ['build', '--chart', chart, '--plain-http', host, '--output', output, ...more];
    await runCliJson(args, { cwd: folder });
    return await readFile(join(folder, output));
  };
  const first = await build('one.tar.zst');
  const fetched = (): number => requests.filter(({ url }) => url.endsWith('.tgz')).length;
  expect(fetched()).toBe(1);
  expect((await build('two.tar.zst')).equals(first)).toBe(true);
  expect(fetched()).toBe(1);
  expect((await build('three.tar.zst', '--store', join(folder, 'other'))).equals(first)).toBe(true);
  expect(fetched()).toBe(2);
});

describe('a chart of a registry', () => {
  let registry: DockerRegistry;
  beforeAll(async () => {
    registry = await startDockerRegistry();
  });
  afterAll(async () => await registry.stop());

  async function pushed(name: string, versions: readonly string[]): Promise<Map<string, Buffer>> {
    const folder = await temporaryFolder();
    const archives = new Map<string, Buffer>();
    for (const version of versions) {
      archives.set(version, await packageChart(folder, name, version));
      const path = join(folder, `${name}-${version}.tgz`);
      await helm(folder, 'push', path, `oci://${registry.host}/charts`, '--plain-http');
    }
    return archives;
  }

  test('keeps its manifest, is found by a range, and comes back through serve', async () => {
    const archives = await pushed('ranged', ['1.0.0', '1.1.0+x', '2.0.0']);
    const folder = await temporaryFolder();
    const { host } = registry;
    const chart = `repo=oci://${host}/charts,name=ranged,version=1.x`;
    const args = ['build', '--chart', chart, '--plain-http', host, '--output', 'charts.tar.zst'];
    const { images, plan, warnings } = await runCliJson<BuildResult>(args, { cwd: folder });
    expect(images.map(({ reference }) => reference)).toEqual([`${host}/charts/ranged:1.1.0_x`]);
    const response = await fetch(`http://${host}/v2/charts/ranged/manifests/1.1.0_x`, {
      headers: { accept: 'application/vnd.oci.image.manifest.v1+json' },
    });
    expect(images[0]?.digest).toBe(digestOf(new Uint8Array(await response.arrayBuffer())));
    expect(plan).toMatchObject({ images: 0, charts: 1 });
    expect(warnings).toEqual([expect.objectContaining({ code: 'CHART_VERSION_MOVES' })]);

    const served = await servingBundles([join(folder, 'charts.tar.zst')]);
    const from = `oci://${served.host}/charts/ranged`;
    const digest = digestOf(archives.get('1.1.0+x') ?? '');
    expect(await pulledBy(folder, { name: 'ranged', from, version: '1.1.0+x' })).toBe(digest);
  });

  test('is a chart also when it is asked for as an image', async () => {
    await pushed('plain', ['1.0.0']);
    const folder = await temporaryFolder();
    const { host } = registry;
    const reference = `${host}/charts/plain:1.0.0`;
    const args = ['build', '--image', reference, '--plain-http', host, '--output', 'charts.tar.zst'];
    const { plan } = await runCliJson<BuildResult>(args, { cwd: folder });
    expect(plan).toMatchObject({ images: 0, charts: 1 });
    await using reader = await openBundle(join(folder, 'charts.tar.zst'));
    expect(reader.inventory.charts).toEqual([
      expect.objectContaining({ name: 'plain', version: '1.0.0', reference, source: `oci://${host}/charts` }),
    ]);
  });

  test('what Helm pushes and what we make of an archive differ in the time of the push only', async () => {
    const folder = await temporaryFolder();
    const archives = await pushed('same', ['1.0.0']);
    await writeFile(join(folder, 'same-1.0.0.tgz'), archives.get('1.0.0') ?? '');
    await helm(folder, 'repo', 'index', folder);
    const repository = await startChartRepository(await filesOf(folder, '/'));
    const chart = `repo=http://${repository.host},name=same,version=1.0.0`;
    const args = ['build', '--chart', chart, '--plain-http', repository.host, '--output', 'a.tar.zst'];
    await runCliJson(args, { cwd: folder });
    await using reader = await openBundle(join(folder, 'a.tar.zst'));
    const entry = reader.inventory.images.at(0);
    if (entry === undefined) throw new Error('no image');
    const ours = JSON.parse(Buffer.from(await readWholeBlob(reader, entry)).toString());
    const response = await fetch(`http://${registry.host}/v2/charts/same/manifests/1.0.0`, {
      headers: { accept: 'application/vnd.oci.image.manifest.v1+json' },
    });
    const theirs: { annotations: Record<string, string> } = JSON.parse(await response.text());
    const { 'org.opencontainers.image.created': created, ...annotations } = theirs.annotations;
    expect(created).toBeDefined();
    expect(ours).toEqual({ ...theirs, annotations });
  });

  test('that is not there, or is none, fails with its place', async () => {
    const folder = await temporaryFolder();
    const { host } = registry;
    await pushed('there', ['1.0.0']);
    const charts = [`oci://${host}/charts/there:9.9.9`, `repo=oci://${host}/charts,name=there,version=^5`];
    const flags = charts.flatMap((chart) => ['--chart', chart]);
    const { code, stderr } = await runCli(['build', ...flags, '--plain-http', host], { cwd: folder });
    expect({ code, stderr }).toEqual({ code: 4, stderr: expect.stringContaining('2 of 2 charts failed') });
    expect(stderr).toMatch(/chart there 9\.9\.9 of oci:\/\/.*\/charts\n/);
    expect(stderr).toMatch(/there is no chart there \^5 of oci:.*it has 1\.0\.0/);
  });
});
