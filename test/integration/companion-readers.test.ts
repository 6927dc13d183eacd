import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { beforeAll, expect, test } from 'vitest';

import { startContainerd } from '../support/containerd.ts';
import { podmanStorage } from '../support/podman-storage.ts';
import { requireTool } from '../support/required-tools.ts';
import { imageToBundle, noise, writeSample } from '../support/sample-bundle.ts';
import type { SampleBundle } from '../support/sample-bundle.ts';
import { chartToBundle, sampleChart } from '../support/sample-charts.ts';
import { sampleCompanions } from '../support/sample-companions.ts';
import { addImage, addIndex, graphOf, MemoryBlobs } from '../support/sample-images.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);
const repository = 'ghcr.io/org/app';
const app = `${repository}:1.0`;
const plain = 'quay.io/org/plain:2';

let bundle: SampleBundle;
let root: string;
let companions: string[];

beforeAll(async () => {
  const blobs = new MemoryBlobs();
  const platform = { os: 'linux', architecture: 'arm64' };
  const index = addIndex(blobs, [
    addImage(blobs, noise(9000, 1)),
    addImage(blobs, noise(5000, 2), { platform }),
  ]);
  const found = await sampleCompanions(blobs, { repository, tag: '1.0', root: index });
  root = index.digest;
  companions = found.map(({ graph }) => graph.root.digest);
  const images = [
    imageToBundle(app, await graphOf(blobs, index)),
    imageToBundle(plain, await graphOf(blobs, addImage(blobs, 'plain', { docker: true }))),
    ...found,
    await chartToBundle(blobs, {
      reference: 'charts.example.com/thing:1.0.0',
      source: 'https://charts.example.com',
      archive: await sampleChart('thing', '1.0.0'),
    }),
  ];
  const content = {
    name: 'companions',
    tool: { name: 'palette-edge', version: '0.1.0' },
    profiles: [],
    images,
  };
  bundle = await writeSample(content, blobs, { frameContent: undefined });
});

test('podman loads the images, and only them', async () => {
  const folder = await temporaryFolder();
  const storage = podmanStorage(folder);
  await run(requireTool('podman'), [...storage, 'load', '-i', await bundleFile()]);
  const format = '{{.Repository}}:{{.Tag}}';
  const { stdout } = await run(requireTool('podman'), [...storage, 'images', '--format', format]);
  expect(stdout.trim().split('\n').toSorted()).toEqual([app, plain]);
});

test.each(['', '--all-platforms'])('containerd imports the images, and only them: %s', async (platforms) => {
  const address = await startContainerd();
  const imported = `zstd -dc "$1" | ctr -a "$2" images import --snapshotter native ${platforms} -`;
  await run('sh', ['-c', imported, 'sh', await bundleFile(), address]);
  const { stdout } = await run('ctr', ['-a', address, 'images', 'ls', '-q']);
  expect(stdout.trim().split('\n').toSorted()).toEqual([app, plain]);
});

test('skopeo copies an image with all its platforms', async () => {
  const target = join(await temporaryFolder(), 'layout');
  await run(requireTool('skopeo'), [
    'copy',
    '--all',
    `oci-archive:${await bundleFile()}:${app}`,
    `oci:${target}:app`,
  ]);
  const index = JSON.parse(await readFile(join(target, 'index.json'), 'utf8'));
  expect(index.manifests[0].digest).toBe(root);
});

test('umoci lists the images, and the layout has a descriptor of every companion', async () => {
  const folder = join(await temporaryFolder(), 'layout');
  await mkdir(folder);
  await run(requireTool('tar'), ['--zstd', '-xf', await bundleFile(), '-C', folder]);
  const { stdout } = await run(requireTool('umoci'), ['ls', '--layout', folder]);
  expect(stdout.trim().split('\n').toSorted()).toEqual([app, plain]);
  const index: { manifests: { digest: string }[] } = JSON.parse(
    await readFile(join(folder, 'index.json'), 'utf8'),
  );
  expect(index.manifests.map(({ digest }) => digest)).toEqual(expect.arrayContaining(companions));
});

async function bundleFile(): Promise<string> {
  const path = join(await temporaryFolder(), 'bundle.tar.zst');
  await writeFile(path, bundle.bytes);
  return path;
}
