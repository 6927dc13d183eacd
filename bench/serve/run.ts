/**
 * `serve` on a large bundle: how long it takes from nothing to the first byte of the smallest image, beside skopeo, which takes it
 * from the same file; how much memory many clients take, fast ones and slow ones.
 *
 *   npm run build && npx node bench/serve/run.ts [--gb 3] [--runs 5] [--clients 64]
 *
 *   --palette-edge FILE   another bin/run.js in our place, or a standalone executable
 *
 * Needs skopeo and docker-registry (scripts/required-tools.json).
 */
import { once } from 'node:events';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { startDockerRegistry } from '../../test/support/docker-registry.ts';
import { pushSeededImages } from '../../test/support/push-seeded-images.ts';
import type { PushedLayer } from '../../test/support/push-seeded-images.ts';
import { benchImages } from '../bench-images.ts';
import { median, timedRun } from '../timed-run.ts';
import { startServe } from './served-process.ts';

const { values } = parseArgs({
  options: {
    gb: { type: 'string', default: '3' },
    runs: { type: 'string', default: '5' },
    clients: { type: 'string', default: '64' },
    'palette-edge': {
      type: 'string',
      default: fileURLToPath(new URL('../../bin/run.js', import.meta.url)),
    },
  },
});
const smallest = { name: 'bench/smallest', layers: [{ seed: 'smallest', size: 50_000 }] };
const port = 5097;
const clients = Number(values.clients);
const tool = values['palette-edge'];
const command: readonly [string, ...string[]] = tool.endsWith('.js') ? [process.execPath, tool] : [tool];

const folder = await mkdtemp(join(tmpdir(), 'palette-edge-bench-'));
const bundle = join(folder, 'bench.tar.zst');
try {
  const { layers, reference } = await makeBundle();
  console.log(`bundle of ${((await stat(bundle)).size / 1e6).toFixed(0)} MB, medians of ${values.runs}\n`);
  await firstBytes(reference);
  await underLoad(layers);
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function makeBundle(): Promise<{ layers: readonly PushedLayer[]; reference: string }> {
  const registry = await startDockerRegistry();
  try {
    const images = [...benchImages(Number(values.gb) * 1e9), smallest];
    const { references, layers } = await pushSeededImages(registry.host, images);
    await writeFile(join(folder, 'images.txt'), `${references.join('\n')}\n`);
    const flags = ['--plain-http', registry.host, '--store', 'store', '--output', bundle];
    await timedRun([...command, 'build', '--images-file', 'images.txt', ...flags], { cwd: folder });
    await rm(join(folder, 'store'), { recursive: true });
    return { layers, reference: references.at(-1) ?? '' };
  } finally {
    await registry.stop();
  }
}

async function firstBytes(reference: string): Promise<void> {
  const ours: number[] = [];
  const peer: number[] = [];
  for (let turn = 0; turn < Number(values.runs); turn += 1) {
    ours.push(await timeToFirstByte());
    const target = `dir:${join(folder, `copy-${turn}`)}`;
    peer.push(
      await timedRun(['skopeo', 'copy', '-q', `oci-archive:${bundle}:${reference}`, target], { cwd: folder }),
    );
    await rm(join(folder, `copy-${turn}`), { recursive: true });
  }
  console.log('| the smallest image | seconds |\n| --- | --- |');
  console.log(`| serve, from its start to the first byte of the layer | ${median(ours).toFixed(2)} |`);
  console.log(`| skopeo copy oci-archive: | ${median(peer).toFixed(2)} |\n`);
}

async function timeToFirstByte(): Promise<number> {
  const started = performance.now();
  const serve = startServe([...command, 'serve', bundle], port);
  try {
    const manifest: { layers: { digest: string }[] } = JSON.parse(
      String(Buffer.concat(await (await serve.get(`${smallest.name}/manifests/1`)).toArray())),
    );
    const layer = await serve.get(`${smallest.name}/blobs/${manifest.layers[0]?.digest}`);
    await once(layer, 'readable');
    const seconds = (performance.now() - started) / 1000;
    layer.destroy();
    return seconds;
  } finally {
    await serve.stop();
  }
}

async function underLoad(layers: readonly PushedLayer[]): Promise<void> {
  console.log('| clients | MB/s | peak memory, MB |\n| --- | --- | --- |');
  await load('6, as fast as they can, all layers', 6, async (get, next) => {
    let bytes = 0;
    for (let layer = next(); layer !== undefined; layer = next())
      for await (const piece of await get(layer)) bytes += Buffer.from(piece).length;
    return bytes;
  });
  await load(`${clients}, slow, ten seconds`, clients, async (get, _, index) => {
    const layer = largest(layers, index);
    let bytes = 0;
    const until = performance.now() + 10_000;
    for await (const piece of await get(layer)) {
      bytes += Buffer.from(piece).length;
      if (performance.now() > until) break;
      await sleep(20);
    }
    return bytes;
  });

  async function load(
    name: string,
    count: number,
    client: (
      get: (layer: PushedLayer) => Promise<AsyncIterable<Uint8Array>>,
      next: () => PushedLayer | undefined,
      index: number,
    ) => Promise<number>,
  ): Promise<void> {
    const serve = startServe([...command, 'serve', bundle], port);
    const left = [...layers];
    try {
      await (await serve.get('')).toArray();
      const started = performance.now();
      const get = async ({ repository, digest }: PushedLayer) =>
        await serve.get(`${repository}/blobs/${digest}`);
      const running = Array.from(
        { length: count },
        async (_, index) => await client(get, () => left.shift(), index),
      );
      const bytes = (await Promise.all(running)).reduce((sum, each) => sum + each, 0);
      const rate = bytes / 1e3 / (performance.now() - started);
      console.log(`| ${name} | ${rate.toFixed(0)} | ${(serve.peak() / 1e6).toFixed(0)} |`);
    } finally {
      await serve.stop();
    }
  }
}

/** Different clients ask for different layers, as far as there are so many. */
function largest(layers: readonly PushedLayer[], index: number): PushedLayer {
  const sorted = layers.toSorted((left, right) => right.size - left.size);
  const layer = sorted[index % Math.max(1, Math.ceil(sorted.length / 2))];
  if (layer === undefined) throw new Error('no layers');
  return layer;
}
