import { execFile } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { describe, expect, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import type { LoadResult } from '../../src/workflows/load-bundle.ts';
import { startContainerd } from '../support/containerd.ts';
import { podmanConfiguration } from '../support/podman-storage.ts';
import { requireTool } from '../support/required-tools.ts';
import { docker, multi, richBundle, writtenBundle } from '../support/rich-bundle.ts';
import { runCli, runCliJson } from '../support/run-cli.ts';
import { imageToBundle } from '../support/sample-bundle.ts';
import type { SampleBundle } from '../support/sample-bundle.ts';
import { addImage, addIndex, graphOf } from '../support/sample-images.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { cliEntry } from '../support/cli-entry.ts';

const run = promisify(execFile);
const single = 'quay.io/org/single:2';
const sparse = 'ghcr.io/org/sparse:1';
const amd64 = { os: 'linux', architecture: 'amd64' };
const other = { os: 'linux', architecture: 's390x' };

const rich = await richBundle(async (content, blobs) => {
  const index = addIndex(blobs, [
    addImage(blobs, 'sparse', { platform: amd64 }),
    addImage(blobs, 'left out', { platform: other }),
  ]);
  const graph = await graphOf(blobs, index, [amd64]);
  return { ...content, images: [...content.images, imageToBundle(sparse, graph)] };
});
const pinned = `quay.io/org/pinned@${rich.digests.get(multi)}`;
const digests = (...names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, rich.digests.get(name)]));

describe('containerd', () => {
  test('has the images with their digests, complete, and takes nothing twice', async () => {
    const { cwd, bundle, address } = await site();
    const args = ['load', bundle, '--into', 'containerd', '--address', address];
    const first = await runCliJson<LoadResult>(args, { cwd });
    expect(first).toMatchObject({ into: 'containerd, namespace k8s.io', failures: [] });
    const names = first.images.map(({ reference }) => reference);
    expect(names).toEqual([docker, multi, sparse, pinned, single]);
    expect(await imagesIn(address)).toEqual(digests(...names));
    const { stdout } = await ctr(address, 'images', 'check', '--quiet');
    expect(stdout.trim().split('\n').toSorted()).toEqual(names.toSorted());
    const second = await runCliJson<LoadResult>(args, { cwd });
    expect(second).toMatchObject({ bytes: 0, failures: [] });
    expect(second.images.every(({ isPresent }) => isPresent)).toBe(true);
  });

  test('gets again what it lost, and only that', async () => {
    const { cwd, bundle, address } = await site();
    const args = ['load', bundle, '--into', 'containerd', '--address', address];
    await runCliJson(args, { cwd });
    await ctr(address, 'images', 'rm', '--sync', single);
    const { images } = await runCliJson<LoadResult>(args, { cwd });
    expect(images.filter(({ isPresent }) => !isPresent)).toMatchObject([{ reference: single }]);
    expect(await imagesIn(address)).toHaveProperty([single], rich.digests.get(single));
  });

  test('unpacks an image when it is needed, in the namespace that was named', async () => {
    const { cwd, bundle, address } = await site();
    const what = ['--image', 'quay.io/org/single', '--namespace', 'edge'];
    await runCliJson(['load', bundle, '--into', 'containerd', '--address', address, ...what], { cwd });
    expect(await imagesIn(address)).toEqual({});
    const target = join(cwd, 'mounted');
    await mkdir(target);
    const images = ['-a', address, '-n', 'edge', 'images'];
    await run(requireTool('ctr'), [...images, 'mount', '--snapshotter', 'native', single, target]);
    try {
      expect(await readFile(join(target, 'hello'), 'utf8')).toBe('single');
    } finally {
      await run(requireTool('ctr'), [...images, 'unmount', '--rm', '--snapshotter', 'native', target]);
    }
  });

  test('has the manifest of a platform that was named', async () => {
    const { cwd, bundle, address } = await site();
    const what = ['--into', 'containerd', '--address', address, '--image', multi, '--arch', 'arm64'];
    const { images } = await runCliJson<LoadResult>(['load', bundle, ...what], { cwd });
    expect(images[0]?.digest).not.toBe(rich.digests.get(multi));
    expect(await imagesIn(address)).toEqual({ [multi]: images[0]?.digest });
  });

  test('takes nothing of a damaged bundle', async () => {
    const { cwd, bundle, address } = await site(await damagedBundle());
    const args = ['load', bundle, '--into', 'containerd', '--address', address];
    const { code, stderr } = await runCli(args, { cwd });
    expect(stderr).toContain('BUNDLE_DAMAGED');
    expect(code).toBe(5);
    expect(await imagesIn(address)).toEqual({});
  });

  test('is spoken to by the ctr that k3s is, where there is no other', async () => {
    const { cwd, bundle, address } = await site();
    await stub(cwd, 'k3s', 'test "$1" = ctr && shift', `exec ${requireTool('ctr')} "$@"`);
    const args = ['load', bundle, '--into', 'containerd', '--address', address, '--image', single];
    const env = { PATH: join(cwd, 'bin') };
    const foreseen = await runCli([...args, '--dry-run'], { cwd, env });
    expect(foreseen.stdout).toContain(`${single}  to load`);
    expect(await imagesIn(address)).toEqual({});
    await runCliJson(args, { cwd, env });
    expect(await imagesIn(address)).toEqual(digests(single));
    expect((await runCli([...args, '--dry-run'], { cwd, env })).stdout).toContain(`${single}  there`);
  });

  test('that is not there is told', async () => {
    const { cwd, bundle } = await files();
    const program = await stub(cwd, 'ctr', 'echo "ctr: failed to dial \\"$2\\": deadline" >&2', 'exit 1');
    const args = ['load', bundle, '--into', 'containerd', '--address', join(cwd, 'none.sock'), '--json'];
    const { code, stdout } = await runCli(args, { cwd, env: { PATH: program } });
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'RUNTIME_UNREACHABLE' } });
    expect(code).toBe(6);
  });
});

describe('podman', () => {
  test('has the images with their digests, also of Docker’s media types, and takes nothing twice', async () => {
    const { cwd, bundle } = await files();
    const env = await podmanConfiguration(cwd);
    const args = ['load', bundle, '--into', 'podman'];
    const first = await runCliJson<LoadResult>(args, { cwd, env });
    const names = first.images.map(({ reference }) => reference);
    expect(names).toEqual([docker, multi, sparse, pinned, single]);
    for (const name of names) {
      const inspect = ['image', 'inspect', '--format', '{{.Digest}}', name];
      const { stdout } = await run(requireTool('podman'), inspect, { env: { ...process.env, ...env } });
      expect([name, stdout.trim()]).toEqual([name, rich.digests.get(name)]);
    }
    expect(await runCliJson<LoadResult>(args, { cwd, env })).toMatchObject({ bytes: 0, failures: [] });
  });

  test('takes nothing of a damaged image, and nothing is left of what it was sent', async () => {
    const { cwd, bundle } = await files(await damagedBundle());
    const env = { ...(await podmanConfiguration(cwd)), TMPDIR: join(cwd, 'tmp') };
    await mkdir(env.TMPDIR);
    const { code, stdout } = await runCli(['load', bundle, '--into', 'podman'], { cwd, env });
    // The others are there: each is sent alone.
    expect(stdout).toContain('is damaged');
    expect(code).toBe(8);
    expect(await readdir(env.TMPDIR)).toEqual([]);
  });

  test('takes an image from a stream', async () => {
    const { cwd, bundle } = await files();
    const env = await podmanConfiguration(cwd);
    const command = 'cat "$1" | "$2" "$3" load - --into podman --image "$4"';
    await run('sh', ['-c', command, 'sh', bundle, process.execPath, cliEntry, single], {
      env: { ...process.env, ...env },
    });
    const inspect = ['image', 'inspect', '--format', '{{.Digest}}', single];
    const { stdout } = await run(requireTool('podman'), inspect, { env: { ...process.env, ...env } });
    expect(stdout.trim()).toBe(rich.digests.get(single));
  });
});

describe('docker', () => {
  // A daemon of docker needs more of a machine than tests may ask for: what its program gets is kept, and read by skopeo.
  const keepsArchive = [
    'case "$1" in',
    'load) cat > "$STUB/archive.tar" ;;',
    'image) test -e "$STUB/archive.tar" || { echo "Error: No such image: $5" >&2; exit 1; }',
    '  echo "$IMAGE_ID" ;;',
    'esac',
  ];

  test('gets an archive that it could load, and is asked for the ids', async () => {
    const { cwd, bundle } = await files();
    const path = await stub(cwd, 'docker', ...keepsArchive);
    const { stdout: raw } = await run(requireTool('skopeo'), [
      'inspect',
      '--raw',
      `oci-archive:${bundle}:${single}`,
    ]);
    const manifest: { config: { digest: string } } = JSON.parse(raw);
    const env = { PATH: path, STUB: cwd, IMAGE_ID: manifest.config.digest };
    const args = ['load', bundle, '--into', 'docker', '--image', single];
    expect(await runCliJson<LoadResult>(args, { cwd, env })).toMatchObject({
      failures: [],
      images: [{ reference: single }],
    });
    const archive = `docker-archive:${join(cwd, 'archive.tar')}:${single}`;
    const copy = join(cwd, 'copy');
    await run(requireTool('skopeo'), ['copy', archive, `oci:${copy}:x`]);
    const { stdout } = await run(requireTool('skopeo'), ['inspect', '--config', '--raw', `oci:${copy}:x`]);
    expect(digestOf(stdout)).toBe(manifest.config.digest);
  });

  test('that has another image under the name fails', async () => {
    const { cwd, bundle } = await files();
    const env = { PATH: await stub(cwd, 'docker', ...keepsArchive), STUB: cwd, IMAGE_ID: digestOf('other') };
    const args = ['load', bundle, '--into', 'docker', '--image', single, '--json'];
    const { stdout, code } = await runCli(args, { cwd, env });
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'LOAD_FAILED' } });
    expect(code).toBe(1);
  });
});

test('a folder gets what containerd imports as k3s does', async () => {
  const { cwd, bundle, address } = await site();
  const args = ['load', bundle, '--into', './images', '--image', multi, '--image', single];
  const { file } = await runCliJson<LoadResult>(args, { cwd });
  expect(await readdir(join(cwd, 'images'))).toHaveLength(1);
  await ctr(address, 'images', 'import', '--all-platforms', '--no-unpack', join(cwd, file ?? ''));
  expect(await imagesIn(address)).toEqual(digests(multi, single));
});

test('what is sparse is in a folder for --platform, for all that import', async () => {
  const { cwd, bundle, address } = await site();
  const args = ['load', bundle, '--into', './images', '--image', sparse];
  const whole = await runCliJson<LoadResult>(args, { cwd });
  expect(whole.warnings).toMatchObject([{ code: 'SPARSE_INDEX' }]);
  const all = ['images', 'import', '--all-platforms', '--no-unpack'];
  // What the warning says.
  await expect(ctr(address, ...all, join(cwd, whole.file ?? ''))).rejects.toThrow('not found');
  const one = await runCliJson<LoadResult>([...args, '--platform', 'linux/amd64'], { cwd });
  expect(one.warnings).toEqual([]);
  await ctr(address, ...all, join(cwd, one.file ?? ''));
  expect(await imagesIn(address)).toEqual({ [sparse]: one.images[0]?.digest });
});

describe('without --into', () => {
  test('nothing to load into is told', async () => {
    const { cwd, bundle } = await files();
    const { code, stdout } = await runCli(['load', bundle, '--json'], { cwd, env: { PATH: cwd } });
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'RUNTIME_NOT_FOUND' } });
    expect(code).toBe(4);
  });

  test('the only one that is here is taken, and of several none', async () => {
    const { cwd, bundle } = await files();
    const path = join(cwd, 'bin');
    await stub(cwd, 'podman', 'echo "Error: it was run" >&2', 'exit 125');
    const load = async (...args: readonly string[]) => {
      const env = { PATH: path, DOCKER_HOST: 'unix:///none.sock' };
      const { code, stdout } = await runCli(['load', bundle, ...args, '--json'], { cwd, env });
      const { error }: { error: { code: string; message: string } } = JSON.parse(stdout);
      return { exitCode: code, ...error };
    };
    expect((await load()).message).toContain('podman failed: Error: it was run');
    await stub(cwd, 'docker', 'exit 1');
    const error = await load();
    expect(error).toMatchObject({ exitCode: 2, code: 'RUNTIME_AMBIGUOUS' });
    expect(error.message).toContain('found podman, docker');
    expect((await load('--into', 'podman')).message).toContain('it was run');
  });
});

/** A bundle in a folder of the running test. */
async function files(bundle: SampleBundle = rich.bundle) {
  return { cwd: await temporaryFolder(), bundle: await writtenBundle(bundle) };
}

/** With a byte changed in a layer. */
async function damagedBundle(): Promise<SampleBundle> {
  const { bundle } = await richBundle((content) => ({ ...content, rawFiles: [] }));
  const bytes = Buffer.from(bundle.bytes);
  const place = Math.floor(bytes.length / 2);
  bytes.writeUInt8(bytes.readUInt8(place) ^ 1, place);
  return { ...bundle, bytes };
}

async function site(bundle?: SampleBundle) {
  return { ...(await files(bundle)), address: await startContainerd() };
}

async function ctr(address: string, ...args: readonly string[]) {
  return await run(requireTool('ctr'), ['-a', address, '-n', 'k8s.io', ...args]);
}

async function imagesIn(address: string): Promise<Record<string, string | undefined>> {
  const { stdout } = await ctr(address, 'images', 'ls');
  const rows = stdout.trim().split('\n').slice(1);
  return Object.fromEntries(
    rows.map((row) => row.split(/\s+/)).map(([name = '', , digest]) => [name, digest]),
  );
}

/** A program of a few lines of shell, before all others. @returns the PATH */
async function stub(folder: string, name: string, ...lines: readonly string[]): Promise<string> {
  const path = join(folder, 'bin');
  await mkdir(path, { recursive: true });
  await writeFile(join(path, name), ['#!/bin/sh', ...lines, ''].join('\n'));
  await chmod(join(path, name), 0o755);
  return `${path}:${process.env['PATH']}`;
}
