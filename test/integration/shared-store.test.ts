import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import type { BuildResult } from '../../src/workflows/build-bundle.ts';
import type { StorePruneResult } from '../../src/workflows/store-prune.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import type { DockerRegistry } from '../support/docker-registry.ts';
import { pushSeededImages } from '../support/push-seeded-images.ts';
import { runCli, runCliJson } from '../support/run-cli.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const layerSize = 20_000_000;
const layers = [1, 2, 3, 4].map((seed) => ({ seed: `shared ${seed}`, size: layerSize }));

let registry: DockerRegistry;

beforeAll(async () => {
  registry = await startDockerRegistry();
  await pushSeededImages(registry.host, [{ name: 'shared/app', layers }]);
});
afterAll(async () => await registry.stop());

test('a prune while builds run takes nothing from them, and everything when they have ended', async () => {
  const folder = await temporaryFolder();
  const image = ['--image', `${registry.host}/shared/app:1`, '--plain-http', registry.host];
  const running = new Set(['a', 'b', 'c']);
  const builds = [...running].map(async (name) => {
    try {
      return await runCliJson<BuildResult>(
        ['build', ...image, '--store', 'store', '--output', `${name}.tar.zst`],
        { cwd: folder },
      );
    } finally {
      running.delete(name);
    }
  });
  const prune = async () =>
    await runCli(['store', 'prune', '--store', 'store', '--max-size', '0', '--json'], { cwd: folder });
  while (running.size > 0) {
    const { code } = await prune();
    // Before the first build has made it there is no store.
    expect([0, 4]).toContain(code);
  }
  const results = await Promise.all(builds);
  for (const { bundle } of results) {
    expect((await runCli(['verify', bundle?.path ?? ''], { cwd: folder })).code).toBe(0);
  }
  expect(new Set(results.map(({ bundle }) => bundle?.id)).size).toBe(1);
  const last = await runCliJson<StorePruneResult>(['store', 'prune', '--store', 'store', '--max-size', '0'], {
    cwd: folder,
  });
  expect(last.needed.bytes).toBe(0);
  expect(await readdir(join(folder, 'store/blobs/sha256'))).toEqual([]);
  expect(await readdir(join(folder, 'store/ingest'))).toEqual([]);
});

test('builds at once pull each layer once for all of them', async () => {
  const folder = await temporaryFolder();
  const image = ['--image', `${registry.host}/shared/app:1`, '--plain-http', registry.host];
  const builds = ['a', 'b', 'c'].map(
    async (name) =>
      await runCliJson<BuildResult>(['build', ...image, '--store', 'store', '--output', `${name}.tar.zst`], {
        cwd: folder,
      }),
  );
  const pulled = (await Promise.all(builds)).reduce((sum, { statistics }) => sum + statistics.bytesPulled, 0);
  // Manifests and configs are small, and may be pulled by each.
  expect(pulled).toBeGreaterThanOrEqual(layers.length * layerSize);
  expect(pulled).toBeLessThan(layers.length * layerSize * 1.05);
});
