import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { beforeAll, describe, expect, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import type { ExtractResult } from '../../src/workflows/extract-bundle.ts';
import { startContainerd } from '../support/containerd.ts';
import { helm } from '../support/helm.ts';
import { podmanStorage } from '../support/podman-storage.ts';
import { requireTool } from '../support/required-tools.ts';
import { docker, multi, richBundle, writtenBundle } from '../support/rich-bundle.ts';
import type { RichBundle } from '../support/rich-bundle.ts';
import { runCli, runCliJson } from '../support/run-cli.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { cliEntry } from '../support/cli-entry.ts';

const run = promisify(execFile);
const single = 'quay.io/org/single:2';

let rich: RichBundle;

beforeAll(async () => {
  rich = await richBundle();
});

/** What `extract` made of an image. */
async function extracted(name: string, ...more: readonly string[]): Promise<string> {
  const cwd = await temporaryFolder();
  const bundle = await writtenBundle(rich.bundle);
  await runCliJson<ExtractResult>(['extract', bundle, '--image', name, '--output', 'out', ...more], { cwd });
  return join(cwd, 'out');
}

async function rawManifest(place: string): Promise<string> {
  const { stdout } = await run(requireTool('skopeo'), ['inspect', '--raw', place]);
  return digestOf(stdout);
}

describe('a layout', () => {
  test.each([multi, single])('of %s has the digest of the registry for skopeo', async (name) => {
    const folder = await extracted(name);
    expect(await rawManifest(`oci:${folder}:${name}`)).toBe(rich.digests.get(name));
    // There is only one: it need not be named.
    expect(await rawManifest(`oci:${folder}`)).toBe(rich.digests.get(name));
    const copy = join(await temporaryFolder(), 'copy');
    await run(requireTool('skopeo'), ['copy', '--all', `oci:${folder}`, `oci:${copy}:x`]);
    expect(await rawManifest(`oci:${copy}:x`)).toBe(rich.digests.get(name));
  });

  test('of one platform is that image for skopeo', async () => {
    const folder = await extracted(multi, '--arch', 'arm64');
    const { stdout } = await run(requireTool('skopeo'), ['inspect', '--config', `oci:${folder}:${multi}`]);
    expect(JSON.parse(stdout)).toMatchObject({ architecture: 'arm64' });
  });

  test('is unpacked by umoci', async () => {
    const folder = await extracted(single);
    const target = join(await temporaryFolder(), 'image');
    await run(requireTool('umoci'), ['unpack', '--rootless', '--image', `${folder}:${single}`, target]);
    expect(await readFile(join(target, 'rootfs/hello'), 'utf8')).toBe('single');
  });

  test('of everything has all images for skopeo and umoci', async () => {
    const cwd = await temporaryFolder();
    await runCliJson(['extract', await writtenBundle(rich.bundle), '--all', 'all'], { cwd });
    const folder = join(cwd, 'all');
    for (const name of [multi, single])
      expect(await rawManifest(`oci:${folder}:${name}`)).toBe(rich.digests.get(name));
    const { stdout } = await run(requireTool('umoci'), ['ls', '--layout', folder]);
    expect(stdout.trim().split('\n')).toEqual(expect.arrayContaining([docker, multi, single]));
  });
});

describe('an oci-archive', () => {
  test('has the digest of the registry for skopeo', async () => {
    const path = await extracted(multi, '--format', 'oci-archive');
    expect(await rawManifest(`oci-archive:${path}:${multi}`)).toBe(rich.digests.get(multi));
  });

  test.each([docker, multi])(
    'of %s is imported by containerd with the digest of the registry',
    async (name) => {
      const path = await extracted(name, '--format', 'oci-archive');
      expect(await imported(path)).toEqual({ [name]: rich.digests.get(name) });
    },
  );

  test('is loaded by podman', async () => {
    expect(await loaded(await extracted(single, '--format', 'oci-archive'))).toEqual([single]);
  });
});

describe('a docker-archive', () => {
  test('of one platform is read by skopeo', async () => {
    const path = await extracted(multi, '--format', 'docker-archive', '--platform', 'linux/arm64');
    const place = `docker-archive:${path}:${multi}`;
    const { stdout } = await run(requireTool('skopeo'), ['inspect', '--config', place]);
    expect(JSON.parse(stdout)).toMatchObject({ architecture: 'arm64' });
    const copy = join(await temporaryFolder(), 'copy');
    await run(requireTool('skopeo'), ['copy', place, `oci:${copy}:x`]);
  });

  test('is loaded by podman', async () => {
    expect(await loaded(await extracted(docker, '--format', 'docker-archive'))).toEqual([docker]);
  });

  test('is imported by containerd, with the digest of the image of the platform', async () => {
    const path = await extracted(docker, '--format', 'docker-archive');
    expect(await imported(path)).toEqual({ [docker]: rich.digests.get(docker) });
  });

  test('goes through a pipe into podman', async () => {
    const bundle = await writtenBundle(rich.bundle);
    const what = ['--image', multi, '--arch', 'amd64', '--format', 'docker-archive', '--output', '-'];
    const child = spawn(process.execPath, [cliEntry, 'extract', '-', ...what], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    createReadStream(bundle).pipe(child.stdin);
    expect(await loaded('-', child)).toEqual([multi]);
  });
});

test('a chart is one that Helm shows and renders', async () => {
  const cwd = await temporaryFolder();
  const bundle = await writtenBundle(rich.bundle);
  await runCliJson(['extract', bundle, '--chart', 'web', '--output', 'web-1.2.3.tgz'], { cwd });
  expect(await helm(cwd, 'show', 'chart', 'web-1.2.3.tgz')).toMatch(/^name: web$/m);
  expect(await helm(cwd, 'template', 'release', 'web-1.2.3.tgz')).toContain('kind: ConfigMap');
});

test('what arrives through a pipe is inspected, verified and extracted', async () => {
  const cwd = await temporaryFolder();
  const bundle = await writtenBundle(rich.bundle);
  const piped = async (bytes: string, ...args: readonly string[]) =>
    await run('sh', ['-c', `${bytes} | "$0" "$@"`, process.execPath, cliEntry, ...args], { cwd });
  const whole = `cat '${bundle}'`;
  const verified = await piped(whole, 'verify', '-');
  expect(verified.stdout).toContain(`- is whole: edge-demo ${rich.bundle.plan.id}, 4 images, 1 chart`);
  const inspected = await piped(whole, 'inspect', '-', '--json');
  expect(JSON.parse(inspected.stdout)).toMatchObject({ id: rich.bundle.plan.id });
  await piped(whole, 'extract', '-', '--all', 'all');
  expect(await rawManifest(`oci:${join(cwd, 'all')}:${multi}`)).toBe(rich.digests.get(multi));
  const cut = piped(`head -c 30000 '${bundle}'`, 'verify', '-', '--json');
  await expect(cut).rejects.toMatchObject({ code: 5 });
  await expect(cut).rejects.toHaveProperty('stdout', expect.stringContaining('BUNDLE_TRUNCATED'));
});

test('inspecting does not wait for the end of what arrives', async () => {
  const child = spawn(process.execPath, [cliEntry, 'inspect', '-'], { stdio: ['pipe', 'pipe', 'ignore'] });
  child.stdin.on('error', () => undefined).write(rich.bundle.bytes.subarray(0, 40_000));
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => void chunks.push(chunk));
  const [code] = await once(child, 'close');
  expect(code).toBe(0);
  expect(Buffer.concat(chunks).toString()).toContain(multi);
});

test('damage ends with the exit code 5, in the middle of what goes to standard output', async () => {
  const cwd = await temporaryFolder();
  const bytes = Buffer.from(rich.bundle.bytes);
  const place = Math.floor(bytes.length / 2);
  bytes.writeUInt8(bytes.readUInt8(place) ^ 1, place);
  const bundle = await writtenBundle({ ...rich.bundle, bytes });
  const { code, stderr } = await runCli(['extract', bundle, '--file', 'copy.bin', '--output', '-'], { cwd });
  expect(code).toBe(5);
  expect(stderr).toContain('BUNDLE_DAMAGED');
});

/** Names and digests after `ctr images import`. */
async function imported(path: string): Promise<Record<string, string | undefined>> {
  const address = await startContainerd();
  const file = `${path}.tar`;
  await rename(path, file);
  await run(requireTool('ctr'), [
    '-a',
    address,
    'images',
    'import',
    '--snapshotter',
    'native',
    '--all-platforms',
    file,
  ]);
  const { stdout } = await run(requireTool('ctr'), ['-a', address, 'images', 'ls']);
  const rows = stdout
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(/\s+/));
  return Object.fromEntries(rows.map(([name = '', , digest]) => [name, digest]));
}

/** Names after `podman load`. */
async function loaded(path: string, from?: ChildProcess): Promise<string[]> {
  const folder = await temporaryFolder();
  const storage = podmanStorage(folder);
  const podman = requireTool('podman');
  if (from === undefined) await run(podman, [...storage, 'load', '-i', path]);
  else {
    const loading = spawn(podman, [...storage, 'load'], { stdio: ['pipe', 'ignore', 'ignore'] });
    from.stdout?.pipe(loading.stdin);
    const [code] = await once(loading, 'close');
    if (code !== 0) throw new Error(`podman load ended with ${code}`);
  }
  const { stdout } = await run(podman, [...storage, 'images', '--format', '{{.Repository}}:{{.Tag}}']);
  return stdout.trim().split('\n');
}
