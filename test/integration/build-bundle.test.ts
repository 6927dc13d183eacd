import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { Descriptor } from '../../src/oci/descriptor.ts';
import { digestOf } from '../../src/oci/digest.ts';
import type { BuildResult } from '../../src/workflows/build-bundle.ts';
import type { InspectResult } from '../../src/workflows/inspect-bundle.ts';
import { startContainerd } from '../support/containerd.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import type { DockerRegistry } from '../support/docker-registry.ts';
import { expectBlobsToMatch } from '../support/expect-blobs-to-match.ts';
import { listingProfile } from '../support/listing-profile.ts';
import { nodeBinary } from '../support/node-versions.ts';
import { writeOciLayout } from '../support/oci-layout.ts';
import { onlyBundle } from '../support/only-bundle.ts';
import { podmanStorage } from '../support/podman-storage.ts';
import { requireTool } from '../support/required-tools.ts';
import { runCli, runCliJson } from '../support/run-cli.ts';
import { noise } from '../support/sample-bundle.ts';
import { addImage, addIndex, MemoryBlobs } from '../support/sample-images.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);

const login = { username: 'edge', password: 'a secret: with "odd" characters' };

const arm64 = { os: 'linux', architecture: 'arm64', variant: 'v8' };

let registry: DockerRegistry;

let suiteFolder: string;

let roots: Readonly<Record<'multi' | 'single' | 'pinned' | 'docker', string>>;

/** What all tests read that only ask what others make of a bundle; none of them changes it. */
let built: Built;

beforeAll(async () => {
  suiteFolder = await mkdtemp(join(tmpdir(), 'palette-edge-test-'));
  registry = await startDockerRegistry({ login });
  const blobs = new MemoryBlobs();
  const multi = addIndex(blobs, [
    addImage(blobs, noise(3_000_000, 1)),
    addImage(blobs, noise(1_000_000, 2), { platform: arm64 }),
  ]);
  const pinned = addIndex(blobs, [addImage(blobs, 'pinned'), addImage(blobs, 'p', { platform: arm64 })]);
  const single = addImage(blobs, 'a single image');
  const images: Record<string, Descriptor> = { multi, single, pinned };
  const layout = join(suiteFolder, 'layout');
  await writeOciLayout(layout, blobs, images);
  for (const name of Object.keys(images)) await push(`oci:${layout}:${name}`, `edge/${name}:1.0`, ['--all']);
  await push(`oci:${layout}:single`, 'edge/docker:1.0', ['--format', 'v2s2']);
  const inRegistry = async (name: string) =>
    digestOf(await rawManifest(`docker://${registry.host}/${name}:1.0`));
  roots = {
    multi: await inRegistry('edge/multi'),
    single: await inRegistry('edge/single'),
    pinned: await inRegistry('edge/pinned'),
    docker: await inRegistry('edge/docker'),
  };
  const folder = join(suiteFolder, 'built');
  await fillFolder(folder);
  built = await buildIn(folder);
});

afterAll(async () => {
  await registry.stop();
  await rm(suiteFolder, { recursive: true, force: true });
});

describe('images pushed by skopeo to a docker-registry with htpasswd, named in a profile', () => {
  test('every reader takes the bundle, and every digest is the one in the registry', async () => {
    const { folder, bundle } = built;
    const names = namesIn();
    expect(bundle.images.map(({ reference, digest }) => [reference, digest])).toEqual([
      [names.docker, roots.docker],
      [names.multi, roots.multi],
      [names.pinned, roots.pinned],
      [names.single, roots.single],
    ]);
    const path = join(folder, bundle.bundle?.path ?? '');
    await run(requireTool('zstd'), ['-q', '-t', path]);
    await expectBlobsToMatch(path, bundle);
    for (const name of ['multi', 'pinned', 'single'] as const) {
      const archived = await rawManifest(`oci-archive:${path}:${names[name]}`);
      expect(digestOf(archived)).toBe(roots[name]);
    }
    await run('sha256sum', ['--check', '--strict', `${path.split('/').at(-1)}.sha256`], {
      cwd: join(path, '..'),
    });
  });

  test('skopeo copies the multi-arch image back to the registry with the same digest', async () => {
    const { folder, bundle } = built;
    const path = join(folder, bundle.bundle?.path ?? '');
    await push(`oci-archive:${path}:${namesIn().multi}`, 'back/multi:1.0', ['--all']);
    expect(digestOf(await rawManifest(`docker://${registry.host}/back/multi:1.0`))).toBe(roots.multi);
  });

  test('podman loads it under the full names', async () => {
    const { folder, bundle } = built;
    const own = await temporaryFolder();
    const storage = podmanStorage(own);
    const podman = requireTool('podman');
    await run(podman, [...storage, 'load', '-q', '-i', join(folder, bundle.bundle?.path ?? '')]);
    const { stdout } = await run(podman, [...storage, 'images', '--format', '{{.Repository}}:{{.Tag}}']);
    const { multi, single, docker } = namesIn();
    const loaded = stdout.trim().split('\n');
    expect(loaded).toEqual(expect.arrayContaining([multi, single, docker]));
  });

  test('umoci and ctr take what zstd -dc gives', async () => {
    const { folder, bundle } = built;
    const path = join(folder, bundle.bundle?.path ?? '');
    const layout = await temporaryFolder();
    await run('sh', ['-c', 'zstd -dc "$1" | tar -xf - -C "$2"', 'sh', path, layout]);
    const { stdout } = await run(requireTool('umoci'), ['ls', '--layout', layout]);
    expect(stdout.trim().split('\n')).toHaveLength(4);
    const address = await startContainerd();
    const imported = 'zstd -dc "$1" | ctr -a "$2" images import --snapshotter native --all-platforms -';
    await run('sh', ['-c', imported, 'sh', path, address]);
    const { stdout: listed } = await run(requireTool('ctr'), ['-a', address, 'images', 'ls']);
    const names = namesIn();
    for (const name of ['multi', 'single', 'docker', 'pinned'] as const) {
      expect(listed).toMatch(new RegExp(`^${names[name]} .* ${roots[name]} `, 'm'));
    }
  });
});

describe('platforms', () => {
  test('--arch keeps the index and its digest, and leaves the other platform out', async () => {
    const { folder, bundle } = await build(['--arch', 'arm64', '--allow-missing-platform']);
    const multi = bundle.images.find(({ reference }) => reference === namesIn().multi);
    expect(multi).toMatchObject({
      digest: roots.multi,
      platforms: ['linux/arm64'],
      omittedPlatforms: ['linux/amd64'],
    });
    expect(bundle.warnings.map(({ code }) => code)).toContain('PLATFORM_MISSING');
    const { code } = await runCli(['verify', bundle.bundle?.path ?? ''], { cwd: folder });
    expect(code).toBe(0);
  });

  test('skopeo, podman and ctr take a sparse index, as long as they are not asked for what is left out', async () => {
    const { folder, bundle } = await build(['--arch', 'amd64']);
    const path = join(folder, bundle.bundle?.path ?? '');
    const { multi } = namesIn();
    await run(requireTool('skopeo'), [
      'copy',
      '-q',
      `oci-archive:${path}:${multi}`,
      `oci:${folder}/copied:x`,
    ]);
    const storage = podmanStorage(folder);
    await run(requireTool('podman'), [...storage, 'load', '-q', '-i', path]);
    const address = await startContainerd();
    const imported =
      'zstd -dc "$1" | ctr -a "$2" images import --snapshotter native --platform linux/amd64 -';
    await run('sh', ['-c', imported, 'sh', path, address]);
    const { stdout } = await run(requireTool('ctr'), ['-a', address, 'images', 'ls']);
    expect(stdout).toMatch(new RegExp(`^${multi} .* ${roots.multi} `, 'm'));
  });

  test('a platform that an image lacks is an error that lists what it has', async () => {
    const folder = await prepareFolder();
    const { code, stderr } = await runCli([...buildArgs(), '--platform', 'linux/s390x'], { cwd: folder });
    expect(code).toBe(4);
    expect(stderr).toContain(`${namesIn().multi} has no linux/s390x; it has linux/amd64, linux/arm64`);
  });
});

describe('the same input gives the same bytes', () => {
  test('whatever the concurrency, with a cold or a warm store, on Node 24 and 26', async () => {
    const folder = await prepareFolder();
    const runs = [
      { node: nodeBinary(24), flags: ['--concurrency', '1', '--store', 'a'] },
      { node: nodeBinary(24), flags: ['--concurrency', '16', '--store', 'b'] },
      { node: nodeBinary(24), flags: ['--store', 'b'] },
      { node: nodeBinary(26), flags: ['--concurrency', '16', '--store', 'c'] },
    ];
    const sums: (string | undefined)[] = [];
    for (const { node, flags } of runs) {
      const result = await runCliJson<BuildResult>([...buildArgs(), ...flags], { cwd: folder, node });
      sums.push(result.bundle?.sha256);
    }
    expect(new Set(sums).size).toBe(1);
    const file = await readFile(join(folder, await onlyBundle(folder)));
    expect(createHash('sha256').update(file).digest('hex')).toBe(sums[0]);
  });
});

test('nothing secret is in the result, the conversation or the bundle', async () => {
  const folder = await prepareFolder();
  const { stdout, stderr, code } = await runCli(buildArgs(), { cwd: folder });
  expect(code).toBe(0);
  const { stdout: json } = await runCli([...buildArgs(), '--json'], { cwd: folder });
  const { stdout: tar } = await run(
    'sh',
    ['-c', 'zstd -dc "$1" | head -c 200000', 'sh', await onlyBundle(folder)],
    {
      cwd: folder,
      encoding: 'latin1',
    },
  );
  const encoded = Buffer.from(`${login.username}:${login.password}`).toString('base64');
  for (const secret of [login.password, encoded]) {
    for (const text of [stdout, stderr, json, tar]) expect(text).not.toContain(secret);
  }
});

test('inspect shows what the registry has, offline', async () => {
  const { folder, bundle } = built;
  const shown = await runCliJson<InspectResult>(['inspect', bundle.bundle?.path ?? ''], { cwd: folder });
  expect(shown.inventory.images).toEqual(bundle.images);
  expect(shown.inventory.profiles).toEqual([{ name: 'integration', version: '1.0.0', type: 'add-on' }]);
});

test('a dry run pulls no layer and writes nothing', async () => {
  const folder = await prepareFolder();
  const result = await runCliJson<BuildResult>([...buildArgs(), '--dry-run'], { cwd: folder });
  expect(result.bundle).toBeUndefined();
  expect(result.plan).toMatchObject({ images: 4 });
  expect(result.plan.bytesToPull).toBeGreaterThan(4_000_000);
  expect((await readdir(folder)).filter((name) => name.startsWith('content-'))).toEqual([]);
  const plain = await runCli([...buildArgs(), '--dry-run'], { cwd: folder });
  expect(plain.stdout).toMatch(/^Plan\n {2}images +4\n/);
});

/** A bundle in the folder where it was built. */
interface Built {
  readonly folder: string;
  readonly bundle: BuildResult;
}

/** Builds from the profile in a folder of its own. */
async function build(flags: readonly string[]): Promise<Built> {
  return await buildIn(await prepareFolder(), flags);
}

async function buildIn(folder: string, flags: readonly string[] = []): Promise<Built> {
  return { folder, bundle: await runCliJson<BuildResult>([...buildArgs(), ...flags], { cwd: folder }) };
}

function buildArgs(): string[] {
  const access = ['--plain-http', registry.host, '--cred-file-path', 'creds.json'];
  return ['build', '--profile', 'profile.yaml', ...access];
}

/** A folder with the profile and the credentials, in Palette's shape. */
async function prepareFolder(): Promise<string> {
  const folder = await temporaryFolder();
  await fillFolder(folder);
  return folder;
}

async function fillFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const images = ['edge/multi:1.0', 'edge/single:1.0', `edge/pinned@${roots.pinned}`, 'edge/docker:1.0'];
  const profile = listingProfile(images.map((image) => `${registry.host}/${image}`));
  await writeFile(join(folder, 'profile.yaml'), profile);
  const credentials = { image: [{ endpoint: registry.host, ...login }], helm: [] };
  await writeFile(join(folder, 'creds.json'), JSON.stringify(credentials));
}

function namesIn(): Record<'multi' | 'single' | 'pinned' | 'docker', string> {
  const name = (path: string): string => `${registry.host}/edge/${path}`;
  return {
    multi: name('multi:1.0'),
    single: name('single:1.0'),
    pinned: name(`pinned@${roots.pinned}`),
    docker: name('docker:1.0'),
  };
}

async function push(from: string, to: string, flags: readonly string[]): Promise<void> {
  const target = ['--dest-tls-verify=false', '--dest-creds', `${login.username}:${login.password}`];
  const skopeo = requireTool('skopeo');
  await run(skopeo, ['copy', '-q', ...flags, ...target, from, `docker://${registry.host}/${to}`]);
}

async function rawManifest(reference: string): Promise<string> {
  const flags = reference.startsWith('docker:')
    ? ['--tls-verify=false', '--creds', `${login.username}:${login.password}`]
    : [];
  const { stdout } = await run(requireTool('skopeo'), ['inspect', '--raw', ...flags, reference]);
  return stdout;
}
