import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import type { WrittenDefinition } from '../../src/workflows/write-definition.ts';
import { startChartRepository } from '../support/chart-repository.ts';
import { pushImage } from '../support/push-image.ts';
import { runCliJson } from '../support/run-cli.ts';
import { runningRegistry } from '../support/running-registry.ts';
import { chartToBundle, tgz } from '../support/sample-charts.ts';
import { MemoryBlobs } from '../support/sample-images.ts';
import { profileFile } from '../support/sample-profiles.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** With its digest, so that no registry is asked. */
const image = (name: string): string => `r.example.com/${name}:1@${digestOf(name)}`;

/** The archive of a chart that lacks another one. */
async function chartThatNeeds(version: string, name: string): Promise<Buffer> {
  const chart = `apiVersion: v2\nname: web\nversion: ${version}\ndependencies: [{name: lost, version: 1.x}]\n`;
  const pod = `kind: Pod\nspec:\n  containers:\n    - name: a\n      image: ${image(name)}\n`;
  return await tgz([
    ['web/Chart.yaml', chart],
    ['web/templates/pod.yaml', pod],
  ]);
}

/** A repository of a chart whose versions need one image each, and a profile that asks for a range of them. */
async function scene() {
  const files = new Map<string, string | Uint8Array>();
  const versions: string[] = [];
  const publish = async (version: string, name: string): Promise<void> => {
    versions.push(version);
    files.set(`/web-${version}.tgz`, await chartThatNeeds(version, name));
    const entries = versions.map((each) => `  - {version: ${each}, urls: [web-${each}.tgz]}\n`);
    files.set('/index.yaml', `entries:\n  web:\n${entries.join('')}`);
  };
  await publish('1.2.0', 'old/app');
  const { host, requests } = await startChartRepository(files);
  const cwd = await temporaryFolder();
  const values = `pack: {content: {images: [], charts: [{repo: "http://${host}", name: web, version: ^1.2}]}}\n`;
  await writeFile(join(cwd, 'edge.json'), profileFile([values], { name: 'edge' }).text);
  const args = ['resolve', '--profile', 'edge.json', '--include-discovered', '--plain-http', host];
  const write = async (...more: string[]) =>
    await runCliJson<WrittenDefinition>([...args, '--write', 'd.yaml', ...more], { cwd });
  const text = async () => await readFile(join(cwd, 'd.yaml'), 'utf8');
  return { host, files, publish, write, text, requests };
}

test('images are those of the version that is pinned, until that is brought up to date', async () => {
  const { host, publish, write, text } = await scene();
  const title = (version: string) => `chart web ${version} of http://${host}`;
  const first = await write();
  expect(first).toMatchObject({ added: [image('old/app'), title('1.2.0')], moved: [] });
  const before = await text();
  await publish('1.3.0', 'new/app');
  expect(await write()).toMatchObject({ isChanged: false, added: [], removed: [] });
  expect(await text()).toBe(before);
  // The version that is left out is not the one that is pinned.
  expect(await write('--exclude', `${host}/web:1.3.*`)).toMatchObject({ charts: 1, removed: [] });
});

test('an update tells of charts that move', async () => {
  const { host, publish, write } = await scene();
  await write();
  await publish('1.3.0', 'new/app');
  expect(await write('--update')).toMatchObject({
    added: [image('new/app')],
    removed: [image('old/app')],
    moved: [`chart web 1.3.0 of http://${host} (was 1.2.0)`],
  });
});

test('what is said of a chart is said once, and its provenance file is asked for once', async () => {
  const { write, requests } = await scene();
  const { warnings } = await write();
  const lacking = warnings.filter(({ code }) => code === 'CHART_DEPENDENCY_MISSING');
  expect(lacking).toHaveLength(1);
  expect(requests.filter(({ url }) => url.endsWith('.prov'))).toHaveLength(1);
});

test.each([
  ['the store has it, and nobody is asked', ['--offline'], []],
  ['nobody has it, and nobody is asked', ['--offline', '--store', 'empty'], ['CHART_NOT_READ']],
  ['its repository has lost it', ['--store', 'empty'], ['CHART_NOT_READ']],
])('images that were found in a chart stay when %s', async (_title, flags, codes) => {
  const { files, write, text } = await scene();
  await write();
  const before = await text();
  files.clear();
  const written = await write(...flags);
  expect(written).toMatchObject({ isChanged: false, images: 1, charts: 1, removed: [] });
  expect(written.warnings.map(({ code }) => code).filter((code) => code === 'CHART_NOT_READ')).toEqual(codes);
  expect(await text()).toBe(before);
});

test('a pinned chart of a registry is looked into in the store, and nobody is asked', async () => {
  const { host, origin, records } = await runningRegistry();
  const blobs = new MemoryBlobs();
  const archive = await chartThatNeeds('1.2.0', 'old/app');
  const { graph } = await chartToBundle(blobs, { reference: `${host}/c/web:1.2.0`, source: '', archive });
  await pushImage({ origin, repository: 'c/web' }, blobs, { root: graph.root, tag: '1.2.0' });
  const cwd = await temporaryFolder();
  const args = [
    'resolve',
    '--chart',
    `oci://${host}/c/web:1.2.0`,
    '--include-discovered',
    '--plain-http',
    host,
  ];
  const write = async (...more: string[]) =>
    await runCliJson<WrittenDefinition>([...args, '--write', 'd.yaml', ...more], { cwd });
  const first = await write();
  expect(first.added).toContain(image('old/app'));
  const asked = records.length;
  const { isChanged, warnings } = await write('--offline');
  expect(isChanged).toBe(false);
  expect(warnings.map(({ code }) => code)).not.toContain('CHART_NOT_READ');
  expect(records).toHaveLength(asked);
});
