/**
 * A cold build against the same work done by hand and by a peer, in turn, on one docker-registry on loopback.
 *
 *   npm run build && npx node bench/build.ts [--gb 3] [--runs 5]
 *   npm run build && npx node bench/build.ts --memory --gb 10      only the cold build, for its peak memory
 *
 * - bare: curl pulls the same blobs to disk, six at a time; then tar | zstd -3 -T0
 * - skopeo: one copy after the other into an OCI layout; then tar | zstd -3 -T0
 * - warm: the build again, with everything in the store
 *
 * Each is followed by `sync`, and measured both without and with it: we write to disk before we say that we are done, the others
 * do not. Needs curl, zstd, tar, skopeo and docker-registry (scripts/required-tools.json).
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { startDockerRegistry } from '../test/support/docker-registry.ts';
import { pushSeededImages } from '../test/support/push-seeded-images.ts';
import { benchImages } from './bench-images.ts';
import { median, timedRun } from './timed-run.ts';

const { values } = parseArgs({
  options: { gb: { type: 'string' }, runs: { type: 'string' }, memory: { type: 'boolean' } },
});
const bytes = Number(values.gb ?? '3') * 1e9;
const runs = Number(values.runs ?? (values.memory === true ? '1' : '5'));
const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

const bareScript = `rm -rf out bare.zst; mkdir out
curl -sS --fail --parallel --parallel-max 6 --config curl.txt
tar -C out -cf - . | zstd -q -3 -T0 -f -o bare.zst`;

const bareName = 'bare: curl, then zstd';

const folder = await mkdtemp(join(tmpdir(), 'palette-edge-bench-'));
const registry = await startDockerRegistry();
try {
  const { references, layers } = await pushSeededImages(registry.host, benchImages(bytes));
  await writeFile(join(folder, 'images.txt'), `${references.join('\n')}\n`);
  const curl = layers.map(
    ({ repository, digest }) =>
      `url = http://${registry.host}/v2/${repository}/blobs/${digest}\noutput = out/${digest.slice(7)}\n`,
  );
  await writeFile(join(folder, 'curl.txt'), curl.join(''));
  await measure(references);
} finally {
  await registry.stop();
  await rm(folder, { recursive: true, force: true });
}

interface Contestant {
  readonly name: string;
  readonly run: () => Promise<number>;
}

interface Figures {
  readonly seconds: number[];
  readonly synced: number[];
}

async function measure(references: readonly string[]): Promise<void> {
  const peaks: number[] = [];
  const contestants: Contestant[] = [
    { name: bareName, run: async () => await shell(bareScript) },
    { name: 'palette-edge build', run: async () => await build(peaks, ['cold']) },
    { name: 'palette-edge build, warm store', run: async () => await build(peaks, []) },
    { name: 'skopeo copy, then zstd', run: async () => await shell(skopeoScript(references)) },
  ];
  const figures = new Map<string, Figures>();
  for (let turn = 0; turn < runs; turn += 1) {
    for (const { name, run } of values.memory === true ? contestants.slice(1, 2) : contestants) {
      await timedRun(['sync'], { cwd: folder });
      const seconds = await run();
      const syncing = await timedRun(['sync'], { cwd: folder });
      const known = figures.get(name) ?? { seconds: [], synced: [] };
      known.seconds.push(seconds);
      known.synced.push(seconds + syncing);
      figures.set(name, known);
      console.error(`${name}: ${seconds.toFixed(1)} s, ${(seconds + syncing).toFixed(1)} s with sync`);
    }
  }
  report(figures, peaks);
}

function report(figures: ReadonlyMap<string, Figures>, peaks: readonly number[]): void {
  const bare = figures.get(bareName);
  console.log(
    `| ${bytes / 1e9} GB | seconds | ratio | on disk, seconds | ratio |\n| --- | --- | --- | --- | --- |`,
  );
  for (const [name, { seconds, synced }] of figures) {
    const ratio = (mine: readonly number[], other: readonly number[] = []): string =>
      median(mine.map((value, index) => value / (other[index] ?? Number.NaN))).toFixed(2);
    const columns = [
      median(seconds).toFixed(1),
      ratio(seconds, bare?.seconds),
      median(synced).toFixed(1),
      ratio(synced, bare?.synced),
    ];
    console.log(`| ${name} | ${columns.join(' | ')} |`);
  }
  console.log(`\nPeak memory of palette-edge build: ${Math.round(Math.max(...peaks) / 1000)} MB`);
}

function skopeoScript(references: readonly string[]): string {
  const copies = references.map(
    (reference, index) =>
      `skopeo copy -q --all --src-tls-verify=false docker://${reference} oci:layout:image-${index}`,
  );
  return [
    'rm -rf layout skopeo.zst',
    ...copies,
    'tar -C layout -cf - . | zstd -q -3 -T0 -f -o skopeo.zst',
  ].join('\n');
}

async function shell(script: string): Promise<number> {
  return await timedRun(['sh', '-ec', script], { cwd: folder });
}

async function build(peaks: number[], flags: readonly string[]): Promise<number> {
  if (flags.includes('cold')) await rm(join(folder, 'store'), { recursive: true, force: true });
  await rm(join(folder, 'bundle'), { recursive: true, force: true });
  await mkdir(join(folder, 'bundle'));
  const peakFile = join(folder, 'peak');
  const preload = ['--import', path('report-peak.mjs')];
  const args = ['--images-file', 'images.txt', '--plain-http', registry.host, '--store', 'store'];
  const seconds = await timedRun(
    [process.execPath, ...preload, path('../bin/run.js'), 'build', ...args, '--output', 'bundle/b.tar.zst'],
    { cwd: folder, env: { BENCH_PEAK_FILE: peakFile } },
  );
  peaks.push(Number(await readFile(peakFile, 'utf8')));
  return seconds;
}
