import type { ChildProcess } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

import { afterAll, beforeAll, expect, test } from 'vitest';

import type { BuildResult } from '../../src/workflows/build-bundle.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import type { DockerRegistry } from '../support/docker-registry.ts';
import { pushSeededImages } from '../support/push-seeded-images.ts';
import { runCli, runCliJson } from '../support/run-cli.ts';
import type { CliRun } from '../support/run-cli.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** What is in flight when the process dies is lost: per connection, a buffer of the system on either side. */
const large = { repository: 'large/app', layerSize: 70_000_000, more: ['--concurrency', '2'] };
/** Long enough to be interrupted at half of it. */
const slow = { repository: 'small/app', layerSize: 8_000_000, more: ['--max-rate', '40MB/s'] };
const layerCount = 5;

interface SampleImage {
  readonly repository: string;
  readonly layerSize: number;
  /** More flags of the first build. */
  readonly more: readonly string[];
}

let registry: DockerRegistry;

beforeAll(async () => {
  registry = await startDockerRegistry();
  const images = [large, slow].map(({ repository: name, layerSize: size }) => ({
    name,
    layers: Array.from({ length: layerCount }, (_, index) => ({ seed: `${name} ${index}`, size })),
  }));
  await pushSeededImages(registry.host, images);
});
afterAll(async () => await registry.stop());

test('after kill -9 at half of a pull, next to nothing is pulled twice', async () => {
  const folder = await temporaryFolder();
  const killed = await signalledAtHalf(large, 'SIGKILL', folder);
  expect(killed.code).toBeUndefined();
  const { bundle, statistics } = await runCliJson<BuildResult>(buildArgs(large), { cwd: folder });
  expect(statistics.bytesReused).toBeGreaterThan(bytesOf(large) * 0.45);
  const pulled = servedBytes(registry.log()) / bytesOf(large);
  expect(pulled).toBeGreaterThan(0.5);
  expect(pulled).toBeLessThan(1.05);
  expect((await runCli(['verify', bundle?.path ?? ''], { cwd: folder })).code).toBe(0);
  expect(await readdir(join(folder, 'store/ingest'))).toEqual([]);
}, 180_000);

test('Ctrl-C ends it with 130 and a word, and the next run goes on', async () => {
  const folder = await temporaryFolder();
  const interrupted = await signalledAtHalf(slow, 'SIGINT', folder);
  expect(interrupted.code).toBe(130);
  expect(interrupted.stderr).toContain('Error: interrupted');
  expect(interrupted.stderr).toContain('Run the same command again');
  expect((await readdir(folder)).filter((name) => name.startsWith('content-'))).toEqual([]);
  const { statistics } = await runCliJson<BuildResult>(buildArgs(slow), { cwd: folder });
  expect(statistics.bytesReused).toBeGreaterThan(bytesOf(slow) * 0.45);
});

function bytesOf({ layerSize }: SampleImage): number {
  return layerCount * layerSize;
}

function buildArgs({ repository }: SampleImage): string[] {
  const image = ['--image', `${registry.host}/${repository}:1`, '--plain-http', registry.host];
  return ['build', ...image, '--store', 'store'];
}

/** A build that gets a signal as soon as half of the layers' bytes are in the store. */
async function signalledAtHalf(image: SampleImage, signal: NodeJS.Signals, cwd: string): Promise<CliRun> {
  const send = async (child: ChildProcess): Promise<void> => {
    const store = join(cwd, 'store');
    while (child.exitCode === null && (await bytesIn(store)) < bytesOf(image) / 2) await setTimeout(5);
    child.kill(signal);
  };
  return await runCli([...buildArgs(image), ...image.more], { cwd, onStart: (child) => void send(child) });
}

/** Bytes of all files below a folder. */
async function bytesIn(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const sizes = names.map(async (name) => (await stat(join(folder, name)).catch(() => undefined))?.size ?? 0);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** What the registry says it sent of blobs of the large image, in bytes, in the lines of its log about answers. */
function servedBytes(log: string): number {
  const lines = log
    .split('\n')
    .filter((line) => /http\.request\.method=GET/.test(line) && /\/large\/app\/blobs\//.test(line));
  return lines
    .map((line) => Number(/http\.response\.written=(\d+)/.exec(line)?.[1] ?? 0))
    .reduce((sum, count) => sum + count, 0);
}
