import { expect, test } from 'vitest';

import { readDefinition } from '../../src/definition/read-definition.ts';
import { ChartRepositories } from '../../src/chart/chart-repositories.ts';
import { digestHex, digestOf } from '../../src/oci/digest.ts';
import type { Digest } from '../../src/oci/digest.ts';
import { checkDefinition } from '../../src/workflows/check-definition.ts';
import { startChartRepository } from '../support/chart-repository.ts';
import { unusedHost } from '../support/loopback-server.ts';
import { pullingClient } from '../support/pulling-client.ts';
import { pushImage } from '../support/push-image.ts';
import { runningRegistry } from '../support/running-registry.ts';
import { addImage, MemoryBlobs } from '../support/sample-images.ts';

async function checked({
  images = [],
  charts = [],
}: Readonly<Partial<Record<'images' | 'charts', string[]>>>) {
  const list = (name: string, lines: readonly string[]) => [`${name}:`, ...lines].join('\n');
  const text = `definitionVersion: 1\n${list('images', images)}\n${list('charts', charts)}\n`;
  const source = { name: 'd.yaml', text };
  const { client, http } = pullingClient();
  const logins = { find: async () => await Promise.resolve(undefined) };
  const sleep = async (): Promise<void> => await Promise.resolve();
  const repositories = new ChartRepositories({ http, logins, retry: { sleep } });
  return await checkDefinition(
    { path: 'd.yaml', source, definition: readDefinition(source) },
    { registry: client, repositories, signal: new AbortController().signal },
  );
}

test('each image is told as what it is', async () => {
  const { host, origin } = await runningRegistry();
  const blobs = new MemoryBlobs();
  const [before, now] = [addImage(blobs, 'before'), addImage(blobs, 'now')];
  const push = async (repository: string, root: typeof now) =>
    await pushImage({ origin, repository }, blobs, { root, tag: '1' });
  await push('same', now);
  await push('moved', before);
  await push('moved', now);
  await push('replaced', now);
  const [silent, lost] = [await unusedHost(), digestOf('lost')];
  const entries: readonly [string, string | undefined][] = [
    [`${host}/same:1`, now.digest],
    [`${host}/same@${now.digest}`, undefined],
    [`${host}/moved:1`, before.digest],
    [`${host}/replaced:1`, lost],
    [`${host}/none:1`, lost],
    [`${host}/same@${lost}`, undefined],
    [`${silent}/a:1`, lost],
    [`${host}/same:2`, undefined],
  ];
  const lines = entries.map(
    ([reference, digest]) =>
      `  - {reference: "${reference}"${digest === undefined ? '' : `, digest: "${digest}"`}}`,
  );
  const check = await checked({ images: lines });
  expect(check).toMatchObject({ images: 8, charts: 0, unpinned: [`${host}/same:2`] });
  expect(check.moved).toEqual([
    { reference: `${host}/moved:1`, digest: before.digest, current: now.digest, isStillThere: true },
    { reference: `${host}/replaced:1`, digest: lost, current: now.digest, isStillThere: false },
  ]);
  expect(check.gone).toEqual([
    { reference: `${host}/none:1`, digest: lost, isStillThere: false },
    { reference: `${host}/same@${lost}`, digest: lost, isStillThere: false },
  ]);
  expect(check.unknown.map(({ reference }) => reference)).toEqual([`${silent}/a:1`]);
});

const entry = (fields: Readonly<Record<string, string>>) => `  - ${JSON.stringify(fields)}`;

test('each chart of an HTTP repository is told as what it is', async () => {
  const prov = (text: string) => `-----BEGIN PGP SIGNED MESSAGE-----\n${text}\n`;
  const [old, now] = [digestOf('old'), digestOf('now')];
  const indexed = (name: string, digest?: Digest) =>
    `  ${name}:\n    - {version: 1.0.0, urls: [${name}.tgz]${digest === undefined ? '' : `, digest: "${digestHex(digest)}"`}}\n`;
  const files = new Map<string, string>([
    [
      '/index.yaml',
      `entries:\n${indexed('same', now)}${indexed('moved', now)}${indexed('bare')}${indexed('signed', now)}`,
    ],
    ['/bare.tgz', 'now'],
    ['/signed.tgz.prov', prov('now')],
  ]);
  const { host } = await startChartRepository(files);
  const [silent, repository] = [await unusedHost(), `http://${host}`];
  const chart = { repository, version: '1.0.0' };
  const check = await checked({
    charts: [
      entry({ ...chart, name: 'same', digest: now, provenance: 'none' }),
      entry({ ...chart, name: 'moved', digest: old }),
      entry({ ...chart, name: 'bare', digest: old }),
      entry({ ...chart, name: 'bare', wanted: '^1', digest: now }),
      entry({ ...chart, name: 'signed', digest: now, provenance: digestOf(prov('old')) }),
      entry({ ...chart, name: 'same', wanted: '>=1', digest: now, provenance: old }),
      entry({ ...chart, name: 'none', digest: old, provenance: old }),
      entry({ ...chart, name: 'unpinned' }),
      entry({ ...chart, repository: `http://${silent}`, name: 'unknown', digest: old }),
    ],
  });
  const title = (name: string) => `chart ${name} 1.0.0 of ${repository}`;
  expect(check).toMatchObject({ images: 0, charts: 9, unpinned: [title('unpinned')] });
  expect(check.moved).toEqual([
    { reference: title('bare'), digest: old, current: now, isStillThere: false },
    { reference: title('moved'), digest: old, current: now, isStillThere: false },
    {
      reference: `provenance file of ${title('signed')}`,
      digest: digestOf(prov('old')),
      current: digestOf(prov('now')),
      isStillThere: false,
    },
  ]);
  expect(check.gone.map(({ reference }) => reference)).toEqual([
    title('none'),
    `provenance file of ${title('same')}`,
  ]);
  expect(check.unknown.map(({ reference }) => reference)).toEqual([
    `chart unknown 1.0.0 of http://${silent}`,
  ]);
});

test('a chart of a registry is told by its tag; a digest that was asked for never moves', async () => {
  const { host, origin } = await runningRegistry();
  const blobs = new MemoryBlobs();
  const [before, now] = [addImage(blobs, 'before'), addImage(blobs, 'now')];
  for (const root of [before, now])
    await pushImage({ origin, repository: 'charts/web' }, blobs, { root, tag: '1.0.0_b' });
  const chart = { repository: `oci://${host}/charts`, name: 'web', version: '1.0.0+b' };
  const lost = digestOf('lost');
  const check = await checked({
    charts: [
      entry({ ...chart, digest: before.digest }),
      `  - {repository: "${chart.repository}", name: web, version: 1.0.0+b, digest: "${before.digest}", wantsDigest: true}`,
      entry({ ...chart, wanted: '^1', digest: now.digest }),
      entry({ ...chart, version: '2.0.0', digest: lost }),
    ],
  });
  const title = `chart web 1.0.0+b of ${chart.repository}`;
  expect(check.moved).toEqual([
    { reference: title, digest: before.digest, current: now.digest, isStillThere: true },
  ]);
  expect(check.gone).toMatchObject([{ reference: `chart web 2.0.0 of ${chart.repository}` }]);
  expect(check.unknown).toEqual([]);
});
