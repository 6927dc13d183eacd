import { chmod, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import type { BuildResult } from '../../src/workflows/build-bundle.ts';
import { digestHex, digestOf } from '../../src/oci/digest.ts';
import type { WrittenDefinition } from '../../src/workflows/write-definition.ts';
import { startChartRepository } from '../support/chart-repository.ts';
import { unusedHost } from '../support/loopback-server.ts';
import { pushImage } from '../support/push-image.ts';
import { runCli, runCliJson } from '../support/run-cli.ts';
import { runningRegistry } from '../support/running-registry.ts';
import { chartToBundle, sampleChart } from '../support/sample-charts.ts';
import { addImage, MemoryBlobs } from '../support/sample-images.ts';
import { profileFile } from '../support/sample-profiles.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

type Charts = Readonly<Record<string, { readonly version: string; readonly archive: Uint8Array }>>;

/** A repository with one version of each chart, and a folder to build in. */
async function served(charts: Charts) {
  const entries = Object.entries(charts);
  const index = {
    entries: Object.fromEntries(
      entries.map(([name, { version, archive }]) => [
        name,
        [{ version, urls: [`${name}.tgz`], digest: digestHex(digestOf(archive)) }],
      ]),
    ),
  };
  const files = new Map<string, string | Uint8Array>([
    ['/index.yaml', JSON.stringify(index)],
    ...entries.map(([name, { archive }]): [string, Uint8Array] => [`/${name}.tgz`, archive]),
  ]);
  const repository = await startChartRepository(files);
  const folder = await temporaryFolder();
  const url = `http://${repository.host}`;
  const build = async (...args: readonly string[]) =>
    await runCliJson<BuildResult>(['build', ...args, '--plain-http', repository.host, '-o', 'a.tar.zst'], {
      cwd: folder,
    });
  return { ...repository, url, folder, files, build };
}

const one = { version: '1.0.0', archive: await sampleChart('one', '1.0.0') };

test('a chart that lacks what it needs, and one that calls itself otherwise, are bundled with a warning', async () => {
  const more = 'dependencies: [{name: postgresql, version: 1.x, repository: "https://a.io"}]\n';
  const { url, host, build } = await served({
    two: { version: '1.0.0', archive: await sampleChart('two', '1.0.0', { more }) },
    three: { version: '1.0.0', archive: await sampleChart('other', '2.0.0') },
  });
  const chart = (name: string) => ['--chart', `repo=${url},name=${name},version=1.0.0`];
  const { warnings, images } = await build(...chart('two'), ...chart('three'));
  expect(images.map(({ reference }) => reference)).toEqual([`${host}/other:2.0.0`, `${host}/two:1.0.0`]);
  expect(warnings.filter(({ code }) => code.startsWith('CHART_'))).toEqual([
    {
      code: 'CHART_RENAMED',
      message: expect.stringMatching(/^chart three 1\.0\.0 of .* calls itself other/),
    },
    {
      code: 'CHART_DEPENDENCY_MISSING',
      message: expect.stringMatching(/^chart two 1\.0\.0 of .* needs postgresql, which is not packaged/),
    },
  ]);
});

test('a range and an exact version that give the same chart are one, asked for by both', async () => {
  const { url, build } = await served({ one });
  const chart = (version: string) => ['--chart', `repo=${url},name=one,version=${version}`];
  const { images, plan } = await build(...chart('1.0.0'), ...chart('^1'));
  expect(images).toHaveLength(1);
  expect(plan.charts).toBe(1);
});

test('nothing is sought beside a chart of an HTTP repository', async () => {
  const { url, build, requests } = await served({ one });
  const { warnings } = await build('--chart', `repo=${url},name=one,version=1.0.0`, '--include-referrers');
  expect(warnings.map(({ code }) => code)).toEqual(['DISCOVERED_IMAGE']);
  expect(requests.map((request) => request.url)).toEqual(['/index.yaml', '/one.tgz', '/one.tgz.prov']);
});

test('when nobody can say whether there is a provenance file, that is told', async () => {
  const { url, files, build } = await served({ one });
  files.set('/one.tgz.prov', '<html>');
  const { warnings } = await build('--chart', `repo=${url},name=one,version=1.0.0`);
  expect(warnings).toContainEqual({
    code: 'CHART_PROVENANCE_UNKNOWN',
    message: expect.stringMatching(/^chart one 1\.0\.0 of .*one\.tgz\.prov is something else$/),
  });
});

test('what is damaged in the store is made again', async () => {
  const { url, folder, build } = await served({ one });
  const chart = ['--chart', `repo=${url},name=one,version=1.0.0`, '--store', 'store'];
  const { bundle } = await build(...chart);
  const blobs = join(folder, 'store', 'blobs', 'sha256');
  for (const name of await readdir(blobs)) {
    const path = join(blobs, name);
    const { length } = await readFile(path);
    await chmod(path, 0o644);
    await writeFile(path, Buffer.alloc(length));
  }
  expect((await build(...chart)).bundle?.sha256).toBe(bundle?.sha256);
});

test('a digest that was asked for is held to', async () => {
  const { url, host, folder, build } = await served({ one });
  const chart = (digest: string) => `repo=${url},name=one,version=1.0.0,digest=${digest}`;
  const { images } = await build('--chart', chart(digestOf(one.archive)));
  expect(images).toHaveLength(1);
  const args = ['build', '--chart', chart(digestOf('other')), '--plain-http', host];
  const { code, stderr } = await runCli(args, { cwd: folder });
  expect({ code, stderr }).toEqual({
    code: 5,
    stderr: expect.stringContaining('the index of its repository says'),
  });
});

test('a pattern leaves a chart out by the version that a range turns out to give', async () => {
  const two = { version: '1.0.0', archive: await sampleChart('two', '1.0.0') };
  const { url, host, build } = await served({ one, two });
  const charts = ['one', 'two'].flatMap((name) => ['--chart', `repo=${url},name=${name},version=^1`]);
  const { images, plan, warnings } = await build(...charts, '--exclude', `${host}/one:1.*`);
  expect(images.map(({ reference }) => reference)).toEqual([`${host}/two:1.0.0`]);
  expect(plan).toMatchObject({
    charts: 1,
    excluded: [{ by: `--exclude ${host}/one:1.*`, images: 0, charts: 1 }],
  });
  expect(warnings.map(({ code }) => code)).not.toContain('EXCLUDE_UNUSED');
});

describe('packs of a registry that may hold charts', () => {
  async function scene() {
    const { host, origin } = await runningRegistry();
    const blobs = new MemoryBlobs();
    const image = {
      reference: `${host}/charts/web:1.0.0`,
      source: '',
      archive: await sampleChart('web', '1.0.0'),
    };
    const chart = (await chartToBundle(blobs, image)).graph.root;
    await pushImage({ origin, repository: 'charts/web' }, blobs, { root: chart, tag: '1.0.0' });
    const other = addImage(blobs, 'no chart');
    await pushImage({ origin, repository: 'charts/image' }, blobs, { root: other, tag: '1.0.0' });
    const folder = await temporaryFolder();
    const pack = (name: string, server: string) => ({ name, type: 'oci', tag: '1.0.0', server });
    const packs = ['web', 'image', 'absent'].map((name) => pack(name, `https://${host}/charts`));
    await writeFile(join(folder, 'all.json'), profileFile(packs).text);
    await writeFile(join(folder, 'lost.json'), profileFile([pack('web', await unusedHost())]).text);
    return { host, folder };
  }

  test('are asked for, and left out with a warning where the registry has no chart', async () => {
    const { host, folder } = await scene();
    const args = ['build', '--profile', 'all.json', '--plain-http', host, '-o', 'a.tar.zst'];
    const { images, failures, warnings } = await runCliJson<BuildResult>(args, { cwd: folder });
    expect(images.map(({ reference }) => reference)).toEqual([`${host}/charts/web:1.0.0`]);
    expect(failures).toEqual([]);
    const told = warnings.filter(({ code }) => code === 'CHART_TYPE_UNKNOWN').map(({ message }) => message);
    expect(told).toEqual([
      expect.stringMatching(
        /pack absent, type oci: .*none at oci:.*\/charts\/absent .*; left out\. If it is one, add/,
      ),
      expect.stringMatching(/pack image, type oci: .*none at oci:.*\/charts\/image .*it is an image/),
    ]);
  });

  test('are written when the registry has them, and never without being asked for', async () => {
    const { host, folder } = await scene();
    const args = ['resolve', '--profile', 'all.json', '--plain-http', host, '--write'];
    const offline = await runCliJson<WrittenDefinition>([...args, 'a.yaml', '--offline'], { cwd: folder });
    expect(offline).toMatchObject({ charts: 0 });
    expect(offline.warnings.filter(({ message }) => message.includes('was not asked'))).toHaveLength(3);
    const { charts, unpinned } = await runCliJson<WrittenDefinition>([...args, 'b.yaml'], { cwd: folder });
    expect({ charts, unpinned }).toEqual({ charts: 1, unpinned: [] });
  });

  test('end a build when their registry cannot be reached', async () => {
    const { folder } = await scene();
    const { code, stderr } = await runCli(['build', '--profile', 'lost.json'], { cwd: folder });
    expect({ code, stderr }).toEqual({ code: 6, stderr: expect.stringContaining('1 of 1 charts failed') });
  });
});

describe('when a chart cannot be fetched', () => {
  test('nothing is written; --skip-missing writes the rest', async () => {
    const { url, host, folder } = await served({ one });
    const chart = (name: string) => ['--chart', `repo=${url},name=${name},version=1.0.0`];
    const args = ['build', ...chart('one'), ...chart('nope'), '--plain-http', host, '-o', 'a.tar.zst'];
    const failed = await runCli(args, { cwd: folder });
    expect(failed).toMatchObject({ code: 4, stderr: expect.stringContaining(`chart nope 1.0.0 of ${url}`) });
    const skipped = await runCli([...args, '--skip-missing'], { cwd: folder });
    expect(skipped).toMatchObject({ code: 8, stdout: expect.stringMatching(/^ {2}charts +1$/m) });
  });

  test('what is no chart is told as that', async () => {
    const { url, host, folder } = await served({ one: { version: '1.0.0', archive: Buffer.from('<html>') } });
    const args = ['build', '--chart', `repo=${url},name=one,version=1.0.0`, '--plain-http', host];
    const { code, stderr } = await runCli(args, { cwd: folder });
    expect({ code, stderr }).toEqual({ code: 5, stderr: expect.stringContaining('it is no gzip archive') });
  });
});

describe('charts of profiles', () => {
  async function profileWith(folder: string, name: string, charts: readonly string[]): Promise<string> {
    const values = ['pack:', '  content:', '    images: []', '    charts:', ...charts, ''].join('\n');
    const { text } = profileFile([{ values }], { name });
    await writeFile(join(folder, `${name}.json`), text);
    return `${name}.json`;
  }

  test('say where they come from, and those of excluded profiles stay out', async () => {
    const two = { version: '1.0.0', archive: await sampleChart('two', '1.0.0') };
    const { url, host, folder, build, requests } = await served({ one, two });
    const entry = (name: string) => `      - {repo: "${url}", name: ${name}, version: 1.0.0}`;
    const all = await profileWith(folder, 'all', [entry('one'), entry('two')]);
    const base = await profileWith(folder, 'base', [entry('two')]);
    const { images } = await build('--profile', all, '--exclude-profile', base);
    expect(images).toEqual([
      expect.objectContaining({
        reference: `${host}/one:1.0.0`,
        origins: [
          { kind: 'profile', profile: 'all', pack: 'pack-0', key: 'pack.content.charts[0]', line: 5 },
        ],
      }),
    ]);
    expect(requests.map((request) => request.url)).not.toContain('/two.tgz');
  });

  test('are looked into for images that no list has', async () => {
    const { url, folder, build } = await served({ one });
    const entry = `      - {repo: "${url}", name: one, version: 1.0.0}`;
    const { warnings } = await build('--profile', await profileWith(folder, 'all', [entry]));
    expect(warnings).toContainEqual({
      code: expect.any(String),
      message: expect.stringMatching(/pack pack-0.*docker\.io\/library\/nginx:1\.27/),
    });
  });

  test('get the names that --map says', async () => {
    const { url, host, build } = await served({ one });
    const { images } = await build(
      '--chart',
      `repo=${url},name=one,version=1.0.0`,
      '--map',
      `${host}=charts.local/x`,
    );
    expect(images).toEqual([
      expect.objectContaining({
        reference: 'charts.local/x/one:1.0.0',
        sourceReference: `${host}/one:1.0.0`,
      }),
    ]);
  });
});
