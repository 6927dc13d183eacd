import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import type { BuildResult } from '../../src/workflows/build-bundle.ts';
import type { WrittenDefinition } from '../../src/workflows/write-definition.ts';
import { pushImage } from '../support/push-image.ts';
import { runCliJson } from '../support/run-cli.ts';
import { runningRegistry } from '../support/running-registry.ts';
import { chartToBundle, sampleChart } from '../support/sample-charts.ts';
import { MemoryBlobs } from '../support/sample-images.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** A registry that charts of the version 1.2.3 are pushed to, under any tag. */
async function scene() {
  const { host, origin } = await runningRegistry();
  const blobs = new MemoryBlobs();
  const push = async (name: string, tag: string, more = ''): Promise<string> => {
    const archive = await sampleChart(name, '1.2.3', { more });
    const image = { reference: `${host}/charts/${name}:${tag}`, source: '', archive };
    const { root } = (await chartToBundle(blobs, image)).graph;
    await pushImage({ origin, repository: `charts/${name}` }, blobs, { root, tag });
    return root.digest;
  };
  const cwd = await temporaryFolder();
  const run = async <T>(...args: string[]): Promise<T> =>
    await runCliJson<T>([...args, '--plain-http', host], { cwd });
  return { host, push, cwd, run };
}

/** How a chart is asked for, the name that it has in the bundle, and whether the digest was asked for. */
const ways: readonly (readonly [asked: string, name: string, wantsDigest: boolean])[] = [
  ['oci://HOST/charts/version:1.2.3', 'version:1.2.3', false],
  // The tag is not quite the version, or is none.
  ['oci://HOST/charts/loose:v1.2.3', 'loose:v1.2.3', false],
  ['oci://HOST/charts/tag:stable', 'tag:stable', false],
  ['repo=oci://HOST/charts,name=range,version=~1.2.0', 'range:1.2.3', false],
  ['oci://HOST/charts/both:1.2.3@DIGEST', 'both:1.2.3@DIGEST', true],
  ['oci://HOST/charts/digest@DIGEST', 'digest@DIGEST', true],
  ['repo=oci://HOST/charts,name=ranged-digest,version=^1,digest=DIGEST', 'ranged-digest@DIGEST', true],
];

test('however it is asked for, a chart keeps its name and content when its tag moves', async () => {
  const { host, push, cwd, run } = await scene();
  const filled = ways.map(async ([asked, name, wantsDigest]) => {
    const [repository = ''] = name.split(/[:@]/);
    const tag = /:([^@]+)/.exec(name)?.[1] ?? '1.2.3';
    const digest = await push(repository, tag);
    const fill = (text: string): string => text.replace('HOST', host).replace('DIGEST', digest);
    return { repository, tag, asked: fill(asked), reference: fill(`HOST/charts/${name}`), wantsDigest };
  });
  const charts = await Promise.all(filled);
  const flags = charts.flatMap(({ asked }) => ['--chart', asked]);
  const direct = await run<BuildResult>('build', ...flags, '--output', 'a.tar.zst');
  const names = charts.map(({ reference }) => reference).toSorted();
  expect(direct.images.map(({ reference }) => reference)).toEqual(names);
  await run('resolve', ...flags, '--write', 'd.yaml');
  const text = await readFile(join(cwd, 'd.yaml'), 'utf8');
  const wanting = charts.filter(({ wantsDigest }) => wantsDigest);
  expect(text.match(/^ {4}wantsDigest: true$/gm)).toHaveLength(wanting.length);
  // The manifest names it.
  expect(text).not.toContain('provenance');

  for (const { repository, tag } of charts) {
    await push(repository, tag, 'description: moved\n');
    await push(repository, '1.2.9', 'description: newer\n');
  }
  const definition = ['build', '--definition', 'd.yaml', '--store', 'fresh', '--output', 'b.tar.zst'];
  const again = await run<BuildResult>(...definition);
  expect(again.bundle).toMatchObject({ id: direct.bundle?.id, sha256: direct.bundle?.sha256 });
  const { isChanged } = await run<WrittenDefinition>('resolve', ...flags, '--write', 'd.yaml');
  expect(isChanged).toBe(false);
});

test('offline, an existing bundle says what tags and ranges stood for', async () => {
  const { host, push, cwd, run } = await scene();
  const pushed = [await push('web', '1.2.3'), await push('other', 'stable')];
  const [web, other] = [`repo=oci://${host}/charts,name=web,version=^1`, `oci://${host}/charts/other:stable`];
  const flags = ['--chart', web, '--chart', other];
  const direct = await run<BuildResult>(
    'build',
    ...flags,
    '--map',
    `${host}=r.site`,
    '--output',
    'a.tar.zst',
  );
  const bundled = ['--existing-bundle', 'a.tar.zst'];
  await run('resolve', ...flags, '--write', 'd.yaml', '--offline', ...bundled);
  const text = await readFile(join(cwd, 'd.yaml'), 'utf8');
  for (const digest of pushed) expect(text).toContain(`digest: ${digest}\n`);
  expect(text).toContain('wanted: ^1\n    version: 1.2.3\n');
  await push('web', '1.2.3', 'description: moved\n');
  const definition = ['build', '--definition', 'd.yaml', '--map', `${host}=r.site`, '--store', 'fresh'];
  const again = await run<BuildResult>(...definition, ...bundled, '--output', 'b.tar.zst');
  expect(again.bundle?.id).toBe(direct.bundle?.id);
});

test('one that somebody pinned without its version is named by the version that it says', async () => {
  const { host, push, cwd, run } = await scene();
  const digest = await push('web', '1.2.3');
  const entry = `{repository: "oci://${host}/charts", name: web, version: ^1, digest: "${digest}"}`;
  await writeFile(join(cwd, 'd.yaml'), `definitionVersion: 1\ncharts: [${entry}]\n`);
  const { images } = await run<BuildResult>('build', '--definition', 'd.yaml', '--output', 'a.tar.zst');
  expect(images).toMatchObject([{ reference: `${host}/charts/web:1.2.3`, digest }]);
});
