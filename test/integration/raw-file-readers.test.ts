import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { beforeAll, expect, test } from 'vitest';

import { digestHex } from '../../src/oci/digest.ts';
import { startContainerd } from '../support/containerd.ts';
import { podmanStorage } from '../support/podman-storage.ts';
import { requireTool } from '../support/required-tools.ts';
import { imageToBundle, noise, writeSample } from '../support/sample-bundle.ts';
import { addImage, graphOf, MemoryBlobs } from '../support/sample-images.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);
const app = 'ghcr.io/org/app:1.0';
const content = noise(300_000, 3);

let bytes: Buffer;
let hex: string;

beforeAll(async () => {
  const blobs = new MemoryBlobs();
  const images = [imageToBundle(app, await graphOf(blobs, addImage(blobs, 'app', { docker: true })))];
  const { digest, size } = blobs.add(content, '');
  const empty = blobs.add('', '');
  const bundle = await writeSample(
    {
      name: 'files',
      tool: { name: 'palette-edge', version: '0.1.0' },
      profiles: [],
      images,
      rawFiles: [
        { name: 'model.bin', digest, size },
        { name: 'empty', digest: empty.digest, size: 0 },
      ],
    },
    blobs,
    { frameContent: undefined },
  );
  hex = digestHex(digest);
  bytes = bundle.bytes;
});

test('podman loads the image and passes over the files', async () => {
  const folder = await temporaryFolder();
  const storage = podmanStorage(folder);
  await run(requireTool('podman'), [...storage, 'load', '-i', await bundleFile()]);
  const { stdout } = await run(requireTool('podman'), [
    ...storage,
    'images',
    '--format',
    '{{.Repository}}:{{.Tag}}',
  ]);
  expect(stdout.trim()).toBe(app);
});

test('containerd imports the image and passes over the files', async () => {
  const address = await startContainerd();
  const imported = 'zstd -dc "$1" | ctr -a "$2" images import --snapshotter native -';
  await run('sh', ['-c', imported, 'sh', await bundleFile(), address]);
  const { stdout } = await run(requireTool('ctr'), ['-a', address, 'images', 'ls', '-q']);
  expect(stdout.trim()).toBe(app);
});

test('skopeo copies the image and passes over the files', async () => {
  const target = join(await temporaryFolder(), 'layout');
  await run(requireTool('skopeo'), [
    'copy',
    `docker-archive:${await bundleFile()}:${app}`,
    `oci:${target}:app`,
  ]);
  expect(await readFile(join(target, 'index.json'), 'utf8')).toContain('sha256:');
});

test('tar has the file under its digest, and umoci lists the image of the layout', async () => {
  const folder = join(await temporaryFolder(), 'layout');
  await mkdir(folder);
  await run(requireTool('tar'), ['--zstd', '-xf', await bundleFile(), '-C', folder]);
  expect((await readFile(join(folder, 'blobs/sha256', hex))).equals(content)).toBe(true);
  const { stdout } = await run(requireTool('umoci'), ['ls', '--layout', folder]);
  expect(stdout.trim()).toBe(app);
});

async function bundleFile(): Promise<string> {
  const path = join(await temporaryFolder(), 'bundle.tar.zst');
  await writeFile(path, bytes);
  return path;
}
