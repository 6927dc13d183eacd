import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { digestHex, digestOf } from '../../src/oci/digest.ts';
import type { BuildResult } from '../../src/workflows/build-bundle.ts';
import type { WrittenDefinition } from '../../src/workflows/write-definition.ts';
import { startChartRepository } from '../support/chart-repository.ts';
import { runCli, runCliJson } from '../support/run-cli.ts';
import { sampleChart } from '../support/sample-charts.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** A repository with versions of one chart, which can get more. */
async function scene() {
  const files = new Map<string, string | Uint8Array>();
  const versions: string[] = [];
  const publish = async (version: string, more = ''): Promise<Buffer> => {
    const archive = await sampleChart('web', version, { more });
    if (!versions.includes(version)) versions.push(version);
    files.set(`/charts/web-${version}.tgz`, archive);
    const entries = versions.map((each) => `    - {name: web, version: ${each}, urls: [web-${each}.tgz]}\n`);
    files.set('/charts/index.yaml', `apiVersion: v1\nentries:\n  web:\n${entries.join('')}`);
    return archive;
  };
  const archive = await publish('1.2.3');
  const { host } = await startChartRepository(files);
  const cwd = await temporaryFolder();
  const chart = ['--chart', `repo=http://${host}/charts,name=web,version=^1.2`, '--plain-http', host];
  const write = async (...more: string[]) =>
    await runCliJson<WrittenDefinition>(['resolve', ...chart, '--write', 'd.yaml', ...more], { cwd });
  const text = async () => await readFile(join(cwd, 'd.yaml'), 'utf8');
  return { host, cwd, chart, archive, files, publish, write, text };
}

test('a range is pinned to the version that it gave, and the bundle is the same when there is a newer one', async () => {
  const { host, cwd, chart, archive, publish, write, text } = await scene();
  const output = ['--output', 'out.tar.zst'];
  const direct = await runCliJson<BuildResult>(['build', ...chart, ...output], { cwd });
  expect(await write()).toMatchObject({ charts: 1, images: 0, unpinned: [] });
  expect(await text()).toContain(`charts:
  - repository: http://${host}/charts
    name: web
    wanted: ^1.2
    version: 1.2.3
    digest: ${digestOf(archive)}
    provenance: none
    origins:
      - {kind: flag, flag: chart}
`);
  await publish('1.3.0');
  const build = ['build', '--definition', 'd.yaml', '--plain-http', host, '--store', 'fresh', ...output];
  const again = await runCliJson<BuildResult>(build, { cwd });
  expect(again.bundle).toMatchObject({ id: direct.bundle?.id, sha256: direct.bundle?.sha256 });
  const check = ['resolve', '--check', 'd.yaml', '--plain-http', host];
  expect(await runCli(check, { cwd })).toMatchObject({
    code: 0,
    stdout: 'd.yaml: 1 chart, every tag and version stands for what it did\n',
  });
  expect((await write()).isChanged).toBe(false);
  await write('--update');
  expect(await text()).toContain('    version: 1.3.0\n');
});

test('another chart under the same version is refused; one without a digest is told', async () => {
  const { host, cwd, publish, write } = await scene();
  await write();
  await publish('1.2.3', 'description: another one\n');
  const build = [
    'build',
    '--definition',
    'd.yaml',
    '--plain-http',
    host,
    '--output',
    'o.tar.zst',
    '--store',
    'fresh',
  ];
  const check = await runCli(['resolve', '--check', 'd.yaml', '--plain-http', host], { cwd });
  expect(check).toMatchObject({ code: 9, stdout: expect.stringMatching(/moved:\n {2}chart web 1\.2\.3 of/) });
  const wrong = await runCli(build, { cwd });
  expect(wrong).toMatchObject({ code: 5, stderr: expect.stringContaining('web 1.2.3') });
  const offline = await write('--offline', '--update');
  expect(offline.unpinned).toEqual([]);
  await writeFile(
    join(cwd, 'd.yaml'),
    `definitionVersion: 1\ncharts:\n  - {repository: "http://${host}/charts", name: web}\n`,
  );
  const unpinned = await runCliJson<BuildResult>(build, { cwd });
  expect(unpinned.warnings.map(({ code }) => code)).toEqual(['NOT_PINNED']);
});

describe('the provenance file of a chart', () => {
  const path = '/charts/web-1.2.3.tgz.prov';
  const signed = (text: string): string => `-----BEGIN PGP SIGNED MESSAGE-----\n${text}\n`;
  const build = ['build', '--definition', 'd.yaml', '--store', 'fresh', '--output', 'b.tar.zst'];
  const argsFor = (host: string) => [...build, '--plain-http', host];

  test('is pinned: another one, or none, ends the build', async () => {
    const { host, cwd, chart, files, write, text } = await scene();
    files.set(path, signed('a'));
    const direct = await runCliJson<BuildResult>(['build', ...chart, '--output', 'a.tar.zst'], { cwd });
    await write();
    expect(await text()).toContain(`    provenance: ${digestOf(signed('a'))}\n`);
    files.set(path, signed('b'));
    const other = await runCli(argsFor(host), { cwd });
    expect(other).toMatchObject({ code: 5, stderr: expect.stringContaining(digestOf(signed('b'))) });
    files.delete(path);
    const gone = await runCli(argsFor(host), { cwd });
    expect(gone).toMatchObject({ code: 5, stderr: expect.stringContaining('there is none') });
    files.set(path, signed('a'));
    const same = await runCliJson<BuildResult>(argsFor(host), { cwd });
    expect(same.bundle?.id).toBe(direct.bundle?.id);
  });

  test('stays out when there was none', async () => {
    const { host, cwd, chart, files, write } = await scene();
    const direct = await runCliJson<BuildResult>(['build', ...chart, '--output', 'a.tar.zst'], { cwd });
    await write();
    files.set(path, signed('a'));
    const same = await runCliJson<BuildResult>(argsFor(host), { cwd });
    expect(same.bundle?.id).toBe(direct.bundle?.id);
  });
});

describe('offline, with an existing bundle', () => {
  test('version, digest and provenance of charts are those of the bundle, and nobody is asked', async () => {
    const { host, cwd, chart, archive, files, publish, write, text } = await scene();
    files.set('/charts/web-1.2.3.tgz.prov', '-----BEGIN PGP SIGNED MESSAGE-----\n');
    const direct = await runCliJson<BuildResult>(['build', ...chart, '--output', 'a.tar.zst'], { cwd });
    await publish('1.3.0');
    const offline = ['--offline', '--existing-bundle', 'a.tar.zst'];
    expect(await write(...offline)).toMatchObject({ charts: 1, unpinned: [] });
    expect(await text()).toContain(`    wanted: ^1.2
    version: 1.2.3
    digest: ${digestOf(archive)}
    provenance: ${digestOf('-----BEGIN PGP SIGNED MESSAGE-----\n')}
`);
    files.clear();
    const build = ['build', '--definition', 'd.yaml', '--store', 'fresh', '--plain-http', host];
    const bundled = [...build, '--existing-bundle', 'a.tar.zst', '--output', 'b.tar.zst'];
    const again = await runCliJson<BuildResult>(bundled, { cwd });
    expect(again.bundle?.id).toBe(direct.bundle?.id);
  });

  test('what no bundle has is written without a digest', async () => {
    const { cwd, chart, write } = await scene();
    await runCliJson<BuildResult>(['build', ...chart, '--output', 'a.tar.zst'], { cwd });
    const other = ['--chart', 'repo=https://charts.example.com,name=web,version=1.2.3'];
    const written = await write(...other, '--offline', '--existing-bundle', 'a.tar.zst');
    expect(written).toMatchObject({ charts: 2, unpinned: ['chart web 1.2.3 of https://charts.example.com'] });
  });
});

test('an entry without provenance gets it, and nothing else of it changes', async () => {
  const { host, cwd, archive, files, publish, write, text } = await scene();
  await write();
  const before = await text();
  await writeFile(join(cwd, 'd.yaml'), before.replace(/^ {4}provenance: none\n/m, ''));
  files.set('/charts/web-1.2.3.tgz.prov', '<html>');
  await publish('1.3.0');
  const doubtful = await write();
  expect(doubtful.warnings.map(({ code }) => code)).toContain('CHART_PROVENANCE_UNKNOWN');
  expect(await text()).not.toContain('provenance');
  files.delete('/charts/web-1.2.3.tgz.prov');
  await write();
  expect(await text()).toBe(before);
  // The chart was replaced: what is there now says nothing of the one that is pinned.
  await writeFile(join(cwd, 'd.yaml'), before.replace(/^ {4}provenance: none\n/m, ''));
  await publish('1.2.3', 'description: another one\n');
  const args = ['resolve', '--chart', `repo=http://${host}/charts,name=web,version=^1.2`];
  const fresh = [...args, '--plain-http', host, '--store', 'fresh', '--write', 'd.yaml'];
  const replaced = await runCliJson<WrittenDefinition>(fresh, { cwd });
  expect(replaced.warnings).toContainEqual({
    code: 'CHART_PROVENANCE_UNKNOWN',
    message: expect.stringMatching(
      /^chart web 1\.2\.3 of .*provenance file is not known: .* has the sha256 /,
    ),
  });
  expect(await text()).toContain(`digest: ${digestOf(archive)}\n`);
  expect(await text()).not.toContain('provenance');
});

test('what a pattern names is left out, also by the version that a range gave', async () => {
  const { host, write } = await scene();
  const exclude = ['--exclude', `${host}/charts/web:1.2.3`];
  const written = await write('--image', `${host}/a@${digestOf('a')}`, ...exclude);
  expect(written).toMatchObject({ charts: 0, images: 1 });
  expect(written.warnings.map(({ code }) => code)).not.toContain('EXCLUDE_UNUSED');
});

test('a chart that the index has under another version than it says itself is found again', async () => {
  const { host, cwd, chart, files, write, text } = await scene();
  files.set('/charts/web-1.2.3.tgz', await sampleChart('web', '9.9.9'));
  const direct = await runCliJson<BuildResult>(['build', ...chart, '--output', 'a.tar.zst'], { cwd });
  await write();
  expect(await text()).toContain('    version: 1.2.3\n');
  const args = ['build', '--definition', 'd.yaml', '--plain-http', host, '--store', 'fresh'];
  const again = await runCliJson<BuildResult>([...args, '--output', 'b.tar.zst'], { cwd });
  expect(again.bundle?.id).toBe(direct.bundle?.id);
});

test('charts are fetched into the store that is named', async () => {
  const { cwd, chart, archive, write } = await scene();
  const kept = async (store: string) => await readdir(join(cwd, store, 'blobs', 'sha256'));
  await write('--store', 'own');
  expect(await kept('own')).toContain(digestHex(digestOf(archive)));
  const args = ['resolve', ...chart, '--write', 'e.yaml'];
  await runCliJson(args, { cwd, env: { PALETTE_EDGE_STORE: join(cwd, 'other') } });
  expect(await kept('other')).toContain(digestHex(digestOf(archive)));
});
