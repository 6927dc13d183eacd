import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import type { LoadResult } from '../../src/workflows/load-bundle.ts';
import { startContainerd } from '../support/containerd.ts';
import { podmanConfiguration } from '../support/podman-storage.ts';
import { requireTool } from '../support/required-tools.ts';
import { runCli, runCliJson } from '../support/run-cli.ts';
import { bundleFile } from '../support/serving-bundles.ts';
import { imageIdIn, rootDigestIn, squeezable, squeezableBundle } from '../support/squeezable-bundle.ts';
import { squeezedBytes } from '../support/squeezing.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);
const sample = await squeezableBundle({ length: 60_000 });
const squeezed = await squeezedBytes(sample.bytes);
const { multi, docker, twice, single, sparse } = squeezable;
const tagged = [docker, multi, single, sparse, twice];
const index = rootDigestIn(sample, multi);
const pinned = `quay.io/org/pinned@${index}`;
const squeezedFile = async () => await bundleFile(squeezed, 'edge.squeezed.tar.zst');

test('containerd gets the tars as layers and unpacks them, and what a digest names as it was', async () => {
  const address = await startContainerd();
  const cwd = await temporaryFolder();
  const args = ['load', await squeezedFile(), '--into', 'containerd', '--address', address, '--uncompressed'];
  const { failures, images } = await runCliJson<LoadResult>(args, { cwd });
  expect(failures).toEqual([]);
  expect(images.filter(({ isUncompressed }) => isUncompressed).map(({ reference }) => reference)).toEqual(
    tagged,
  );
  const ctr = async (...words: readonly string[]) =>
    (await run(requireTool('ctr'), ['-a', address, '-n', 'k8s.io', ...words])).stdout;
  const listed = await ctr('images', 'ls');
  expect(listed).toMatch(new RegExp(`^${pinned} .*${index}`, 'm'));
  expect(await ctr('images', 'check', '--quiet')).toContain(multi);
  const held = await ctr('content', 'ls', '-q');
  for (const name of tagged) {
    expect(held, `of ${name}`).toContain(imageIdIn(sample, name));
    const { digest } = images.find(({ reference }) => reference === name) ?? {};
    expect(listed).toMatch(new RegExp(`^${name} .*${digest}`, 'm'));
    expect(digest).not.toBe(rootDigestIn(sample, name));
  }
  const target = join(cwd, 'mounted');
  await mkdir(target);
  await ctr('images', 'mount', '--snapshotter', 'native', multi, target);
  await ctr('images', 'unmount', '--rm', '--snapshotter', 'native', target);
  expect(await runCliJson<LoadResult>(args, { cwd })).toMatchObject({ bytes: 0, failures: [] });
});

test('what is there as it was stays so', async () => {
  const address = await startContainerd();
  const cwd = await temporaryFolder();
  const args = ['load', await squeezedFile(), '--into', 'containerd', '--address', address];
  await runCliJson(args.concat('--image', single), { cwd });
  const { images } = await runCliJson<LoadResult>([...args, '--uncompressed'], { cwd });
  expect(images.filter(({ isPresent }) => isPresent)).toMatchObject([
    { reference: single, digest: rootDigestIn(sample, single), isUncompressed: false },
  ]);
});

test('podman has the same image ids, and is told how many are so', async () => {
  const cwd = await temporaryFolder();
  const env = await podmanConfiguration(cwd);
  const args = ['load', await squeezedFile(), '--into', 'podman', '--uncompressed'];
  const patterns = ['--image', docker, '--image', twice];
  const { code, stdout } = await runCli([...args, ...patterns], { cwd, env });
  expect(stdout).toContain('uncompressed  layers of 2 images: ids as in the bundle, other digests');
  expect(code).toBe(0);
  const format = ['--format', '{{.Repository}}:{{.Tag}} {{.ID}}', '--no-trunc'];
  const listed = await run(requireTool('podman'), ['images', ...format], { env: { ...process.env, ...env } });
  expect(listed.stdout.trim().split('\n').toSorted()).toEqual(
    [docker, twice].map((name) => `${name} ${imageIdIn(sample, name)}`),
  );
});

test('a folder gets an archive that skopeo reads, of the size that a dry run said', async () => {
  const cwd = await temporaryFolder();
  const args = ['load', await squeezedFile(), '--into', './images', '--uncompressed'];
  const foreseen = await runCliJson<LoadResult>([...args, '--dry-run'], { cwd });
  const { file = '', ...loaded } = await runCliJson<LoadResult>(args, { cwd });
  expect(foreseen).toMatchObject({ file, bytes: loaded.bytes, images: loaded.images });
  for (const name of [multi, twice]) {
    const place = `oci-archive:${join(cwd, file)}:${name}`;
    const inspect = [
      'inspect',
      '--config',
      '--raw',
      '--override-arch',
      'amd64',
      '--override-os',
      'linux',
      place,
    ];
    expect(digestOf((await run(requireTool('skopeo'), inspect)).stdout), `of ${name}`).toBe(
      imageIdIn(sample, name),
    );
  }
});

test('a bundle that is not squeezed is loaded as it is', async () => {
  const cwd = await temporaryFolder();
  const args = [
    'load',
    await bundleFile(sample.bytes, 'edge.tar.zst'),
    '--into',
    './images',
    '--uncompressed',
  ];
  const { images } = await runCliJson<LoadResult>(args, { cwd });
  expect(images.filter(({ isUncompressed }) => isUncompressed)).toEqual([]);
  expect(images.find(({ reference }) => reference === multi)?.digest).toBe(index);
});
