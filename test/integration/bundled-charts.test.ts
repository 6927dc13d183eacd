import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import type { BuildResult } from '../../src/workflows/build-bundle.ts';
import { startChartRepository } from '../support/chart-repository.ts';
import { pushImage } from '../support/push-image.ts';
import { runCliJson } from '../support/run-cli.ts';
import { runningRegistry } from '../support/running-registry.ts';
import { noise } from '../support/sample-bundle.ts';
import { chartToBundle, sampleChart } from '../support/sample-charts.ts';
import { MemoryBlobs } from '../support/sample-images.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Large, so that the middle of a bundle is in it. */
const archive = await sampleChart('web', '1.2.3', { files: [['web/files/noise', noise(3_000_000, 3)]] });
const signed = '-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n';

/** A folder with a definition of one chart and the bundle that was built from it. */
async function built(chart: string, host: string) {
  const cwd = await temporaryFolder();
  const access = ['--plain-http', host];
  await runCliJson(['resolve', '--chart', chart, ...access, '--write', 'd.yaml'], { cwd });
  const build = async (output: string, ...more: string[]) =>
    await runCliJson<BuildResult>(
      ['build', '--definition', 'd.yaml', ...access, '--output', output, ...more],
      { cwd },
    );
  const first = await build('first.tar.zst', '--store', 'first');
  return { cwd, access, build, first };
}

/** A repository with the chart. */
async function repository() {
  const files = new Map<string, string | Uint8Array>([
    ['/index.yaml', 'entries:\n  web:\n  - version: 1.2.3\n    urls: [web.tgz]\n'],
    ['/web.tgz', archive],
    ['/web.tgz.prov', signed],
  ]);
  const { host, requests } = await startChartRepository(files);
  const count = (): number => requests.length;
  return { ...(await built(`repo=http://${host},name=web,version=^1`, host)), count };
}

/** A registry with the chart. */
async function registry() {
  const { host, origin, records } = await runningRegistry();
  const blobs = new MemoryBlobs();
  const { graph } = await chartToBundle(blobs, { reference: `${host}/c/web:1.2.3`, source: '', archive });
  await pushImage({ origin, repository: 'c/web' }, blobs, { root: graph.root, tag: '1.2.3' });
  const count = (): number => records.length;
  return { ...(await built(`repo=oci://${host}/c,name=web,version=^1`, host)), count };
}

describe.each([
  ['an HTTP repository', repository],
  ['a registry', registry],
])('a pinned chart of %s', (_, scene) => {
  test('that an existing bundle has is asked of nobody', async () => {
    const { first, build, count } = await scene();
    const before = count();
    const again = await build('b.tar.zst', '--store', 'fresh', '--existing-bundle', 'first.tar.zst');
    expect(again.bundle?.sha256).toBe(first.bundle?.sha256);
    expect(count()).toBe(before);
  });

  test('is fetched when the bundle that has it is damaged, and that is told', async () => {
    const { cwd, first, build } = await scene();
    const bytes = await readFile(join(cwd, 'first.tar.zst'));
    const middle = Math.floor(bytes.length / 2);
    bytes[middle] = (bytes[middle] ?? 0) ^ 1;
    await writeFile(join(cwd, 'damaged.tar.zst'), bytes);
    const again = await build('b.tar.zst', '--store', 'fresh', '--existing-bundle', 'damaged.tar.zst');
    expect(again.bundle?.sha256).toBe(first.bundle?.sha256);
    expect(again.warnings.map(({ code }) => code)).toEqual(['EXISTING_BUNDLE_DAMAGED']);
  });

  test('whose archive is damaged in the store is fetched again in the same run', async () => {
    const { cwd, first, build } = await scene();
    const folder = join(cwd, 'first', 'blobs', 'sha256');
    for (const name of await readdir(folder)) {
      const path = join(folder, name);
      const { size } = await stat(path);
      if (size < 1_000_000) continue;
      await chmod(path, 0o644);
      await writeFile(path, Buffer.alloc(size));
    }
    expect((await build('b.tar.zst', '--store', 'first')).bundle?.sha256).toBe(first.bundle?.sha256);
  });
});

test('a chart of a registry that cannot be reached stands for what it did in a bundle, and that is told', async () => {
  const server = await runningRegistry();
  const { host, origin } = server;
  const blobs = new MemoryBlobs();
  const { graph } = await chartToBundle(blobs, { reference: `${host}/c/web:1.2.3`, source: '', archive });
  await pushImage({ origin, repository: 'c/web' }, blobs, { root: graph.root, tag: '1.2.3' });
  const cwd = await temporaryFolder();
  const args = ['build', '--chart', `oci://${host}/c/web:1.2.3`, '--plain-http', host];
  const first = await runCliJson<BuildResult>([...args, '--output', 'a.tar.zst'], { cwd });
  await server.close();
  const bundled = ['--existing-bundle', 'a.tar.zst', '--store', 'fresh', '--output', 'b.tar.zst'];
  const again = await runCliJson<BuildResult>([...args, ...bundled], { cwd });
  expect(again.bundle?.sha256).toBe(first.bundle?.sha256);
  expect(again.warnings.map(({ code }) => code)).toContain('DIGEST_FROM_BUNDLE');
});
