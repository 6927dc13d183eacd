import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { beforeAll, describe, expect, test } from 'vitest';

import { defaultFrameContent } from '../../src/bundle/plan-bundle.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { startContainerd } from '../support/containerd.ts';
import { podmanStorage } from '../support/podman-storage.ts';
import { requireTool } from '../support/required-tools.ts';
import { imageToBundle, noise, writeSample } from '../support/sample-bundle.ts';
import type { SampleBundle } from '../support/sample-bundle.ts';
import { addImage, addIndex, graphOf, MemoryBlobs } from '../support/sample-images.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);

/** Names in the bundle: a multi-arch image, the same one by digest, a single OCI image and a Docker schema 2 image. */
const multi = 'ghcr.io/org/multi:1.0';
const single = 'quay.io/org/single:2';
const docker = 'docker.io/library/nginx:1.27';

let bundle: SampleBundle;
let pinned: string;
let roots: Record<'multi' | 'single' | 'docker', string>;

beforeAll(async () => {
  const blobs = new MemoryBlobs();
  const arm64 = { os: 'linux', architecture: 'arm64', variant: 'v8' };
  const index = addIndex(blobs, [
    addImage(blobs, noise(defaultFrameContent * 2, 1)),
    addImage(blobs, noise(300_000, 2), { platform: arm64 }),
  ]);
  const graphs = {
    multi: await graphOf(blobs, index),
    single: await graphOf(blobs, addImage(blobs, 'single')),
    docker: await graphOf(blobs, addImage(blobs, 'docker', { docker: true })),
  };
  roots = { multi: index.digest, single: graphs.single.root.digest, docker: graphs.docker.root.digest };
  pinned = `quay.io/org/pinned@${index.digest}`;
  const images = [
    imageToBundle(multi, graphs.multi),
    imageToBundle(pinned, graphs.multi),
    imageToBundle(single, graphs.single),
    imageToBundle(docker, graphs.docker),
  ];
  const content = { name: 'readers', tool: { name: 'palette-edge', version: '0.1.0' }, profiles: [], images };
  bundle = await writeSample(content, blobs, { frameContent: undefined });
});

describe('zstd and tar', () => {
  test('zstd tests and lists it', async () => {
    const path = await bundleFile();
    await run(requireTool('zstd'), ['-t', path]);
    const { stdout } = await run(requireTool('zstd'), ['-lv', path]);
    expect(stdout).toContain('# Skippable Frames: 2');
    expect(stdout).toContain('Check: XXH64');
  });

  test('tar lists and unpacks it, also through a pipe', async () => {
    const path = await bundleFile();
    const { stdout } = await run(requireTool('tar'), ['--zstd', '-tf', path]);
    const expected = [
      ...bundle.plan.headEntries.map((entry) => entry.path),
      ...bundle.plan.inventory.blobs.map(({ digest }) => `blobs/sha256/${digest.slice(7)}`),
    ];
    expect(stdout.trim().split('\n')).toEqual(expected);
    const piped = await run('sh', ['-c', 'zstd -dc "$1" | tar -tvf -', 'sh', path], {
      env: { ...environment(), TZ: 'UTC' },
    });
    expect(piped.stdout).toMatch(/^-rw-r--r-- 0\/0 +30 1970-01-01 00:00 oci-layout$/m);
    expect(piped.stderr).toBe('');
    const folder = await unpacked(path);
    for (const { digest } of bundle.plan.inventory.blobs) {
      expect(digestOf(await readFile(join(folder, 'blobs/sha256', digest.slice(7))))).toBe(digest);
    }
  });

  test('the head alone is read by decompressing the beginning', async () => {
    const { stdout } = await run('sh', [
      '-c',
      'zstd -dc "$1" | tar -xOf - --occurrence=1 palette-edge/inventory.json',
      'sh',
      await bundleFile(),
    ]);
    expect(digestOf(stdout).slice(7, 15)).toBe(bundle.plan.id);
  });
});

describe('skopeo', () => {
  test.each([
    ['a multi-arch image', () => multi, () => roots.multi],
    ['a digest-pinned image', () => pinned, () => roots.multi],
    ['a single image', () => single, () => roots.single],
  ])('inspects %s in oci-archive, with the digest it has in the registry', async (_, name, root) => {
    const { stdout } = await run(
      requireTool('skopeo'),
      ['inspect', '--raw', `oci-archive:${await bundleFile()}:${name()}`],
      utf8,
    );
    expect(digestOf(stdout)).toBe(root());
  });

  test('copies a multi-arch image from oci-archive with all platforms and the same digest', async () => {
    const target = join(await temporaryFolder(), 'layout');
    await run(requireTool('skopeo'), [
      'copy',
      '--all',
      `oci-archive:${await bundleFile()}:${multi}`,
      `oci:${target}:copied`,
    ]);
    const index = JSON.parse(await readFile(join(target, 'index.json'), 'utf8'));
    expect(index.manifests[0].digest).toBe(roots.multi);
  });

  test.each([multi, single, docker])('finds %s in docker-archive', async (name) => {
    const { stdout } = await run(requireTool('skopeo'), [
      'inspect',
      '--config',
      `docker-archive:${await bundleFile()}:${name}`,
    ]);
    expect(JSON.parse(stdout)).toMatchObject({ architecture: 'amd64' });
  });

  test('does not find Docker schema 2 images by name in oci-archive: a limit of skopeo', async () => {
    const inspection = run(requireTool('skopeo'), ['inspect', `oci-archive:${await bundleFile()}:${docker}`]);
    await expect(inspection).rejects.toThrow(/no descriptor found|unsupported manifest MIME types/);
  });
});

test('podman loads all images under their full names', async () => {
  const folder = await temporaryFolder();
  const storage = podmanStorage(folder);
  await run(requireTool('podman'), [...storage, 'load', '-i', await bundleFile()]);
  const { stdout } = await run(requireTool('podman'), [
    ...storage,
    'images',
    '--format',
    '{{.Repository}}:{{.Tag}} {{.ID}}',
    '--no-trunc',
  ]);
  const loaded = stdout.trim().split('\n').toSorted();
  const expected = [multi, single, docker].map((name) => `${name} ${configOf(name)}`).toSorted();
  expect(loaded).toEqual(expected);
});

test('umoci lists the unpacked layout and unpacks an image of it', async () => {
  const folder = await unpacked(await bundleFile());
  const { stdout } = await run(requireTool('umoci'), ['ls', '--layout', folder]);
  expect(stdout.trim().split('\n').toSorted()).toEqual([docker, multi, pinned, single].toSorted());
  const target = join(await temporaryFolder(), 'image');
  await run(requireTool('umoci'), ['unpack', '--rootless', '--image', `${folder}:${single}`, target]);
  expect(await readFile(join(target, 'rootfs/hello'), 'utf8')).toBe('single');
});

test('containerd imports all images with the digests they have in the registry', async () => {
  const address = await startContainerd();
  const path = await bundleFile();
  const imported = 'zstd -dc "$1" | ctr -a "$2" images import --snapshotter native --all-platforms -';
  await run('sh', ['-c', imported, 'sh', path, address]);
  const { stdout } = await run('ctr', ['-a', address, 'images', 'ls']);
  const rows = stdout
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(/\s+/));
  const digests = Object.fromEntries(rows.map(([name, , digest]) => [name, digest]));
  expect(digests).toEqual({
    [multi]: roots.multi,
    [pinned]: roots.multi,
    [single]: roots.single,
    [docker]: roots.docker,
  });
  expect(rows.find(([name]) => name === multi)?.join(' ')).toContain('linux/amd64,linux/arm64');
});

const utf8 = { encoding: 'utf8', maxBuffer: 16 * 1024 * 1024 } as const;

async function bundleFile(): Promise<string> {
  const path = join(await temporaryFolder(), 'bundle.tar.zst');
  await writeFile(path, bundle.bytes);
  return path;
}

async function unpacked(path: string): Promise<string> {
  const folder = join(await temporaryFolder(), 'layout');
  await mkdir(folder);
  await run(requireTool('tar'), ['--zstd', '-xf', path, '-C', folder]);
  return folder;
}

/** The image id that Docker tools show: the digest of the config that manifest.json names. */
function configOf(name: string): string {
  const entry = bundle.plan.headEntries.find(({ path }) => path === 'manifest.json');
  const documents: { Config: string; RepoTags?: string[] }[] = JSON.parse(
    Buffer.from(entry?.bytes ?? []).toString(),
  );
  const document = documents.find(({ RepoTags }) => RepoTags?.includes(name));
  return `sha256:${document?.Config.replace('blobs/sha256/', '')}`;
}

function environment(): Record<string, string> {
  return { PATH: String(process.env['PATH']) };
}
