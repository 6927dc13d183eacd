import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import type { BuildResult } from '../../src/workflows/build-bundle.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import type { DockerRegistry } from '../support/docker-registry.ts';
import { pushImage } from '../support/push-image.ts';
import { runCli, runCliJson } from '../support/run-cli.ts';
import { noise } from '../support/sample-bundle.ts';
import { addImage, addIndex, MemoryBlobs } from '../support/sample-images.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

let registry: DockerRegistry;

beforeAll(async () => {
  registry = await startDockerRegistry();
  const blobs = new MemoryBlobs();
  const root = addIndex(blobs, [
    addImage(blobs, noise(400_000, 1)),
    addImage(blobs, noise(300_000, 2), { platform: { os: 'linux', architecture: 'arm64' } }),
  ]);
  const target = { origin: `http://${registry.host}`, repository: 'edge/app' };
  await pushImage(target, blobs, { root, tag: '1.0' });
  const only = addIndex(blobs, [
    addImage(blobs, 'only arm64', { platform: { os: 'linux', architecture: 'arm64' } }),
  ]);
  await pushImage({ ...target, repository: 'edge/arm' }, blobs, { root: only, tag: '1.0' });
});
afterAll(async () => await registry.stop());

test('damaged blobs of the store, manifests and layers, are pulled again, with a word', async () => {
  const folder = await temporaryFolder();
  const args = ['build', '--image', `${registry.host}/edge/app:1.0`, '--plain-http', registry.host];
  const first = await runCliJson<BuildResult>([...args, '--store', 'store'], { cwd: folder });
  const damaged = await damageAll(join(folder, 'store/blobs/sha256'));
  expect(damaged).toBe(7);
  const second = await runCliJson<BuildResult>([...args, '--store', 'store'], { cwd: folder });
  expect(second.bundle?.sha256).toBe(first.bundle?.sha256);
  const codes = second.warnings.map(({ code }) => code);
  expect(codes).toContain('STORE_BLOB_DAMAGED');
  expect(second.statistics.bytesPulled).toBe(first.statistics.bytesPulled);
});

test('an image of which no platform can be kept is left out, and the build is incomplete', async () => {
  const folder = await temporaryFolder();
  const images = ['--image', `${registry.host}/edge/app:1.0`, '--image', `${registry.host}/edge/arm:1.0`];
  const flags = ['--plain-http', registry.host, '--arch', 'amd64', '--allow-missing-platform', '--json'];
  const { code, stdout } = await runCli(['build', ...images, ...flags], { cwd: folder });
  expect(code).toBe(8);
  const result: BuildResult = JSON.parse(stdout);
  expect(result.failures).toMatchObject([
    { reference: `${registry.host}/edge/arm:1.0`, code: 'PLATFORM_MISSING' },
  ]);
  expect(result.images.map(({ reference }) => reference)).toEqual([`${registry.host}/edge/app:1.0`]);
  const alone = await runCli(['build', ...images.slice(2), ...flags], { cwd: folder });
  expect(alone.code).toBe(4);
});

/** Flips a bit of every file. @returns how many there are */
async function damageAll(folder: string): Promise<number> {
  const names = await readdir(folder);
  for (const name of names) {
    const path = join(folder, name);
    const bytes = await readFile(path);
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
    const { mode } = await stat(path);
    await chmod(path, 0o644);
    await writeFile(path, bytes);
    await chmod(path, mode);
  }
  return names.length;
}
