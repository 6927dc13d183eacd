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
import { temporaryFolder } from '../support/temporary-folder.ts';

const layerSize = 100_000_000;
const whole = 5 * layerSize;
/** What is in flight when the process dies is lost: per connection, a buffer of the system on either side. */
const connections = '3';

let registry: DockerRegistry;

beforeAll(async () => {
  registry = await startDockerRegistry();
  const layers = [1, 2, 3, 4, 5].map((seed) => ({ seed: String(seed), size: layerSize }));
  await pushSeededImages(registry.host, [{ name: 'big/app', layers }]);
});
afterAll(async () => await registry.stop());

test('after kill -9 at half of a pull, next to nothing is pulled twice', async () => {
  const folder = await temporaryFolder();
  const killed = await runCli(buildArgs(), {
    cwd: folder,
    onStart: (child) => void signalAtHalf(child, 'SIGKILL', join(folder, 'store')),
  });
  expect(killed.code).toBeUndefined();
  const { bundle, statistics } = await runCliJson<BuildResult>(buildArgs(), { cwd: folder });
  expect(statistics.bytesReused).toBeGreaterThan(whole * 0.45);
  expect(servedBytes(registry.log()) / whole).toBeLessThan(1.05);
  expect((await runCli(['verify', bundle?.path ?? ''], { cwd: folder })).code).toBe(0);
  expect(await readdir(join(folder, 'store/ingest'))).toEqual([]);
});

test('Ctrl-C ends it with 130 and a word, and the next run goes on', async () => {
  const folder = await temporaryFolder();
  const interrupted = await runCli(buildArgs(), {
    cwd: folder,
    onStart: (child) => void signalAtHalf(child, 'SIGINT', join(folder, 'store')),
  });
  expect(interrupted.code).toBe(130);
  expect(interrupted.stderr).toContain('Error: interrupted');
  expect(interrupted.stderr).toContain('Run the same command again');
  expect((await readdir(folder)).filter((name) => name.startsWith('content-'))).toEqual([]);
  const { statistics } = await runCliJson<BuildResult>(buildArgs(), { cwd: folder });
  expect(statistics.bytesReused).toBeGreaterThan(whole * 0.45);
});

function buildArgs(): string[] {
  const image = ['--image', `${registry.host}/big/app:1`, '--plain-http', registry.host];
  return ['build', ...image, '--store', 'store', '--concurrency', connections];
}

/** Sends a signal as soon as half of the layers' bytes are in the store. */
async function signalAtHalf(child: ChildProcess, signal: NodeJS.Signals, store: string): Promise<void> {
  while (child.exitCode === null && (await bytesIn(store)) < whole / 2) await setTimeout(5);
  child.kill(signal);
}

/** Bytes of all files below a folder. */
async function bytesIn(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const sizes = names.map(async (name) => (await stat(join(folder, name)).catch(() => undefined))?.size ?? 0);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** What the registry says it sent of blobs, in bytes, in the lines of its log about answers. */
function servedBytes(log: string): number {
  const lines = log
    .split('\n')
    .filter((line) => /http\.request\.method=GET/.test(line) && /\/blobs\//.test(line));
  return lines
    .map((line) => Number(/http\.response\.written=(\d+)/.exec(line)?.[1] ?? 0))
    .reduce((sum, count) => sum + count, 0);
}
