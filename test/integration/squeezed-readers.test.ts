import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import { startContainerd } from '../support/containerd.ts';
import { podmanStorage } from '../support/podman-storage.ts';
import { requireTool } from '../support/required-tools.ts';
import { imageIdIn, squeezable, squeezableBundle, tarWith, wordyText } from '../support/squeezable-bundle.ts';
import { squeezedBytes } from '../support/squeezing.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);
const { multi, docker, twice, single, sparse } = squeezable;
const sample = await squeezableBundle({ length: 60_000 });
const squeezed = await squeezedBytes(sample.bytes);

test('zstd tests it, and tar lists it, without a word about windows', async () => {
  const path = await bundleFile();
  await run(requireTool('zstd'), ['-t', path]);
  const { stdout } = await run(requireTool('tar'), ['--zstd', '-tf', path]);
  expect(stdout).toMatch(/^palette-edge\/plain\/inventory\.json$/m);
});

test('skopeo copies images of it, whose configs are those of the registry', async () => {
  const path = await bundleFile();
  const inspect = async (place: string) =>
    (await run(requireTool('skopeo'), ['inspect', '--config', '--raw', place])).stdout;
  for (const name of [multi, twice, single]) {
    const layout = join(await temporaryFolder(), 'layout');
    await run(requireTool('skopeo'), ['copy', `oci-archive:${path}:${name}`, `oci:${layout}:x`]);
    expect(digestOf(await inspect(`oci:${layout}:x`)), `of ${name}`).toBe(imageIdIn(sample, name));
  }
  for (const name of [multi, docker, single])
    expect(digestOf(await inspect(`docker-archive:${path}:${name}`)), `of ${name}`).toBe(
      imageIdIn(sample, name),
    );
});

test('podman loads all images with the same image IDs', async () => {
  const folder = await temporaryFolder();
  const storage = podmanStorage(folder);
  await run(requireTool('podman'), [...storage, 'load', '-i', await bundleFile()]);
  const format = ['--format', '{{.Repository}}:{{.Tag}} {{.ID}}', '--no-trunc'];
  const { stdout } = await run(requireTool('podman'), [...storage, 'images', ...format]);
  const names = [multi, docker, twice, single, sparse];
  expect(stdout.trim().split('\n').toSorted()).toEqual(
    names.map((name) => `${name} ${imageIdIn(sample, name)}`).toSorted(),
  );
});

test('umoci unpacks an image of the unpacked layout', async () => {
  const folder = await unpacked();
  const target = join(await temporaryFolder(), 'image');
  await run(requireTool('umoci'), ['unpack', '--rootless', '--image', `${folder}:${twice}`, target]);
  const hello = await readFile(join(target, 'rootfs/hello'));
  expect(tarWith(hello).equals(tarWith(wordyText(30_000, 2)))).toBe(true);
});

test('containerd imports and unpacks it, and has the same configs', async () => {
  const address = await startContainerd();
  const imported = 'zstd -dc "$1" | ctr -a "$2" images import --snapshotter native --platform linux/amd64 -';
  await run('sh', ['-c', imported, 'sh', await bundleFile(), address]);
  const { stdout } = await run(requireTool('ctr'), ['-a', address, 'images', 'ls', '-q']);
  const names = [multi, docker, twice, single, sparse];
  expect(stdout.trim().split('\n')).toEqual(expect.arrayContaining(names));
  const held = await run(requireTool('ctr'), ['-a', address, 'content', 'ls', '-q']);
  for (const name of names) expect(held.stdout, `of ${name}`).toContain(imageIdIn(sample, name));
});

async function bundleFile(): Promise<string> {
  const path = join(await temporaryFolder(), 'squeezed.tar.zst');
  await writeFile(path, squeezed);
  return path;
}

async function unpacked(): Promise<string> {
  const folder = join(await temporaryFolder(), 'layout');
  await mkdir(folder);
  await run(requireTool('tar'), ['--zstd', '-xf', await bundleFile(), '-C', folder]);
  return folder;
}
