import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import type { PageData } from '../../src/report/html-page-data.ts';
import { reportHtml } from '../../src/workflows/report-html.ts';
import type { HtmlRequest, HtmlResult } from '../../src/workflows/report-html.ts';
import { bundleSigner } from '../support/bundle-signer.ts';
import { bundleIn, layeredBundle, makeDelta, wordsLayer } from '../support/delta-bundles.ts';
import { reportBundle } from '../support/report-bundle.ts';
import { docker, multi, writtenBundle } from '../support/rich-bundle.ts';
import { showcaseBundle } from '../support/showcase-bundle.ts';
import { squeeze } from '../support/squeezing.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const rich = await reportBundle();

/** Reports a bundle. */
async function report(
  path: string,
  request: Partial<HtmlRequest> = {},
): Promise<{ readonly data: PageData; readonly result: HtmlResult; readonly page: Buffer }> {
  const output = join(await temporaryFolder(), 'report.html');
  const result = await reportHtml(
    path,
    {
      patterns: [],
      tool: { name: 'palette-edge', version: '0.1.0' },
      moment: undefined,
      hasFiles: true,
      before: undefined,
      output: { path: output },
      ...request,
    },
    {
      listener: { onStart: () => undefined, onBytes: () => undefined },
      signal: new AbortController().signal,
    },
  );
  const page = await readFile(output);
  const [, json = ''] = /id="data">\n?([^]*?)<\/script>/.exec(page.toString('utf8')) ?? [];
  return { data: JSON.parse(json), result, page };
}

function sumOf(list: readonly { readonly size: number }[]): number {
  return list.reduce((sum, { size }) => sum + size, 0);
}

test('every blob of the bundle is counted once, what is shared beside the images', async () => {
  const path = await writtenBundle(rich.bundle);
  const { data, result, page } = await report(path);
  const { blobs } = rich.bundle.plan.inventory;
  expect(data.bundle).toMatchObject({
    name: 'edge-demo',
    id: rich.bundle.plan.id,
    mode: 'plain',
    size: rich.bundle.bytes.length,
    contentSize: sumOf(blobs),
    created: '2024-05-06T05:08:09Z',
  });
  expect(sumOf(data.groups)).toBe(sumOf(blobs));
  for (const group of data.groups) expect(sumOf(group.cells)).toBe(group.size);
  const shared = data.groups.find(({ kind }) => kind === 'shared');
  const names = (shared?.cells ?? []).map(({ layer = -1 }) =>
    data.layers[layer]?.images.map((image) => data.images[image]?.name),
  );
  expect(names).toEqual([['quay.io/org/app:1', 'quay.io/org/debian:12']]);
  expect(data.groups.find(({ kind }) => kind === 'files')?.cells).toMatchObject([
    { name: 'copy.bin, models/model.bin', size: 50_000 },
  ]);
  expect(result).toMatchObject({ kind: 'html', size: page.length, images: 7, layers: 7, packages: 5 });
});

test('images are told with their origins and platforms, charts and files beside them', async () => {
  const { data } = await report(await writtenBundle(rich.bundle));
  const image = data.images.find(({ name }) => name === multi);
  expect(image).toMatchObject({
    origins: ['--image'],
    platforms: [{ platform: 'linux/amd64' }, { platform: 'linux/arm64' }],
  });
  const place = data.images.findIndex(({ name }) => name === multi);
  // Another name of the same image is told as that.
  expect(data.images.filter(({ sameAs }) => sameAs === place)).toMatchObject([
    { platforms: [], total: image?.total },
  ]);
  expect(data.images.find(({ name }) => name === 'quay.io/org/debian:12')?.platforms).toMatchObject([
    { distribution: 'Debian GNU/Linux 12 (bookworm)' },
  ]);
  expect(data.artifacts).toMatchObject([{ name: 'web', kind: 'chart' }]);
  expect(data.files.map(({ name }) => name)).toEqual(['copy.bin', 'models/model.bin']);
  const libz = data.packages?.list.find(([, name]) => name === 'libz');
  expect(libz?.slice(0, 3)).toEqual(['deb', 'libz', '1.0-1']);
  expect(libz?.[4].map((user) => data.images[user]?.name)).toEqual([
    'quay.io/org/app:1',
    'quay.io/org/debian:12',
  ]);
});

test('the same bundle gives the same bytes, wherever it lies and whoever signed it', async () => {
  const [here, there] = [await writtenBundle(rich.bundle), await writtenBundle(rich.bundle, 'other.tar.zst')];
  expect((await report(here)).page.equals((await report(there)).page)).toBe(true);
});

test('only chosen images are on the page, and layers are not read when nobody wants that', async () => {
  const { data, result } = await report(await writtenBundle(rich.bundle), {
    patterns: [docker],
    hasFiles: false,
  });
  expect(data.images.map(({ name }) => name)).toEqual([docker]);
  expect(data.files).toEqual([]);
  expect(sumOf(data.groups)).toBe(data.bundle.contentSize);
  expect(data.bundle.contentSize).toBe(data.images[0]?.total);
  expect(data).not.toHaveProperty('packages');
  expect(data).not.toHaveProperty('largest');
  expect(result).not.toHaveProperty('packages');
});

test('who signed is told, and whether somebody checked that, without the place of the key', async () => {
  const path = await writtenBundle(rich.bundle);
  const signer = await bundleSigner(await temporaryFolder(), 'release');
  await signer.signFile(path);
  const unchecked = await report(path, { hasFiles: false });
  expect(unchecked.data.signatures).toEqual([{ algorithm: 'ed25519', keyId: signer.keyId }]);
  const checked = await report(path, { hasFiles: false, trust: signer.trust });
  expect(checked.data.signatures).toEqual([
    { algorithm: 'ed25519', keyId: signer.keyId, checkedWith: 'release.pub' },
  ]);
  const other = await bundleSigner(await temporaryFolder(), 'other');
  await expect(report(path, { trust: other.trust })).rejects.toMatchObject({
    code: 'SIGNATURE_BY_OTHER_KEY',
  });
});

test('a squeezed bundle is shown as the plain one, with what was saved', async () => {
  const plain = await layeredBundle({ images: [[wordsLayer(1), wordsLayer(2)]] });
  const { bundle } = await squeeze(await writtenBundle(plain));
  const { data } = await report(bundle.path, { hasFiles: false });
  const { id, inventory } = plain.plan;
  expect(data.bundle).toMatchObject({ mode: 'squeezed', plainId: id, contentSize: sumOf(inventory.blobs) });
  expect(data.bundle.squeeze).toMatchObject({ layers: 2, kept: [] });
  expect(data.layers.map(({ stored }) => stored)).toEqual(['squeezed', 'squeezed']);
  expect(sumOf(data.groups)).toBe(data.bundle.contentSize);
});

test('a delta bundle is shown with what it is compared with, and what it takes from there', async () => {
  const folder = await temporaryFolder();
  const [same, old] = [wordsLayer(1), wordsLayer(2)];
  const before = await bundleIn(folder, 'v1.tar.zst', await layeredBundle({ images: [[same, old]] }));
  const images = [[same, wordsLayer(2, 'second')], [wordsLayer(1, 'new')]];
  const after = await bundleIn(folder, 'v2.tar.zst', await layeredBundle({ images }));
  const delta = join(folder, 'v2.delta.tar.zst');
  await makeDelta(after, { bases: [before], output: delta, threads: 1 });
  const bases = { paths: [before], folder: tmpdir() };
  const { data, result } = await report(delta, { bases, before, hasFiles: false });
  expect(data.bundle.delta).toMatchObject({ bases: [{ name: 'edge' }], changedLayers: 2 });
  expect(data.layers.map(({ stored }) => stored)).toEqual(['taken', 'changed', 'changed']);
  expect(data.images.map(({ change }) => change?.kind)).toEqual(['updated', 'added']);
  expect(data.update?.toShip.bytes).toBe(result.update?.toShip);
  await expect(report(delta)).rejects.toMatchObject({ code: 'BASE_NEEDED' });
});

test('an update tells what is added, updated and removed, and how much each brings', async () => {
  const [first, second] = [
    await showcaseBundle({ scale: 1 }),
    await showcaseBundle({ scale: 1, version: 2 }),
  ];
  const [before, after] = [await writtenBundle(first), await writtenBundle(second)];
  const { data } = await report(after, { before, hasFiles: false });
  const changed = data.images.filter(({ change }) => change?.kind !== 'same');
  expect(
    changed.map(({ name, change }) => [name.split('/').at(-1), change?.kind, change?.was?.name]),
  ).toEqual([
    ['redis:8.0.4', 'updated', 'docker.io/library/redis:8.0.3'],
    ['point-of-sale:4.13.0', 'updated', 'registry.example.com/store/point-of-sale:4.12.0'],
    ['price-tags:1.0.0', 'added', undefined],
    ['sync-agent:4.13.0', 'updated', 'registry.example.com/store/sync-agent:4.12.0'],
    ['coredns:v1.12.2', 'updated', 'registry.k8s.io/coredns/coredns:v1.12.1'],
  ]);
  expect(data.update?.removed).toMatchObject([{ what: 'image', name: 'quay.io/cilium/certgen:v0.2.1' }]);
  const { toShip, kept } = data.update ?? {};
  expect((toShip?.bytes ?? 0) + (kept?.bytes ?? 0)).toBe(data.bundle.contentSize);
  const old = data.groups.flatMap(({ cells }) => cells).reduce((sum, cell) => sum + (cell.old ?? 0), 0);
  expect(old).toBe(kept?.bytes);
  // To itself nothing has to be shipped.
  expect((await report(after, { before: after, hasFiles: false })).data.update).toMatchObject({
    toShip: { blobs: 0, bytes: 0 },
    removed: [],
  });
});

test('an update of chosen images tells nothing of the others', async () => {
  const [first, second] = [
    await showcaseBundle({ scale: 1 }),
    await showcaseBundle({ scale: 1, version: 2 }),
  ];
  const [before, after] = [await writtenBundle(first), await writtenBundle(second)];
  const options = { before, hasFiles: false };
  const { data } = await report(after, { ...options, patterns: ['**/redis:8.0.4'] });
  // What it was is found, though the pattern does not name that.
  expect(data.images.map(({ change }) => change)).toMatchObject([
    { kind: 'updated', was: { name: 'docker.io/library/redis:8.0.3' } },
  ]);
  expect(data.update?.removed).toEqual([]);
  const chosen = ['**/redis:*', '**/certgen:*'];
  expect((await report(after, { ...options, patterns: chosen })).data.update?.removed).toMatchObject([
    { what: 'image', name: 'quay.io/cilium/certgen:v0.2.1' },
  ]);
});

test('a page of 30 images with thousands of packages is small', async () => {
  const { bytes } = await showcaseBundle({ scale: 0.05, modules: 250 });
  const path = join(await temporaryFolder(), 'many.tar.zst');
  await writeFile(path, bytes);
  const { page, result } = await report(path);
  expect(result.images).toBe(30);
  expect(result.packages).toBeGreaterThan(3500);
  expect(page.length).toBeLessThan(3_000_000);
});
