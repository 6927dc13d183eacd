import { execFile } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, expect, test } from 'vitest';

import type { BuildResult } from '../../src/workflows/build-bundle.ts';
import type { InspectResult } from '../../src/workflows/inspect-bundle.ts';
import type { VerifyResult } from '../../src/workflows/verify-bundle.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import type { DockerRegistry } from '../support/docker-registry.ts';
import { fatFolder } from '../support/fat-image.ts';
import { pushSeededImages } from '../support/push-seeded-images.ts';
import { requireTool } from '../support/required-tools.ts';
import { runCli, runCliJson } from '../support/run-cli.ts';
import { servingBundles } from '../support/serving-bundles.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);

let registry: DockerRegistry;

beforeAll(async () => {
  registry = await startDockerRegistry();
  const layers = [3, 2, 1].map((seed) => ({ seed: String(seed), size: seed * 1_000_000 }));
  await pushSeededImages(registry.host, [{ name: 'edge/app', layers }]);
});
afterAll(async () => await registry.stop());

/** Builds with the command line. */
async function build(cwd: string, ...more: readonly string[]): Promise<BuildResult> {
  return await runCliJson<BuildResult>(buildArgs(more), { cwd });
}

function buildArgs(more: readonly string[]): string[] {
  const image = ['--image', `${registry.host}/edge/app:1`, '--plain-http', registry.host];
  return ['build', ...image, '--outfile', 'edge', ...more];
}

interface SplitBuild {
  readonly cwd: string;
  readonly folder: string;
  /** Relative to `cwd`. */
  readonly path: string;
  readonly list: string;
  readonly names: readonly string[];
}

async function splitBuild(...more: readonly string[]): Promise<SplitBuild> {
  const cwd = await temporaryFolder();
  const { bundle } = await build(cwd, '--split', '2MB', ...more);
  const { path = '', parts } = bundle ?? {};
  return {
    cwd,
    folder: join(cwd, dirname(path)),
    path,
    list: parts?.list ?? '',
    names: parts?.files.map(({ name }) => name) ?? [],
  };
}

test('parts and the bundle in one file have one id, and joined they are one and the same', async () => {
  const { cwd, path, names, folder } = await splitBuild();
  expect(names).toEqual([0, 1, 2, 3].map((index) => expect.stringMatching(`\\.tar\\.zst\\.part0${index}$`)));
  const whole = await build(cwd, '--output', 'whole.tar.zst');
  expect(path).toBe(`content-${whole.bundle?.id}/core-edge-${whole.bundle?.id}.tar.zst`);
  await run('sh', ['-c', `cat ${path}.part[0-9]* | cmp - whole.tar.zst`], { cwd });
  expect((await readdir(folder)).length).toBe(names.length + 2);
  await run('sha256sum', ['-c', join(folder, `${path.split('/')[1]}.sha256`)], { cwd: folder });
});

test('zstd, tar and skopeo read what cat joins', async () => {
  const { cwd, path } = await splitBuild();
  const zstd = requireTool('zstd');
  const tar = requireTool('tar');
  const piped = `cat ${path}.part[0-9]* | ${zstd} -dc | ${tar} -tf -`;
  const { stdout } = await run('sh', ['-c', piped], { cwd });
  expect(stdout.split('\n').slice(0, 4)).toEqual([
    'oci-layout',
    'index.json',
    'manifest.json',
    'palette-edge/inventory.json',
  ]);
  await run('sh', ['-c', `cat ${path}.part[0-9]* > joined.tar.zst`], { cwd });
  const name = `oci-archive:joined.tar.zst:${registry.host}/edge/app:1`;
  const { stdout: manifest } = await run(requireTool('skopeo'), ['inspect', '--raw', name], { cwd });
  expect(JSON.parse(manifest)).toMatchObject({ layers: [{ size: 3_000_000 }, {}, {}] });
});

test('inspect and verify tell of parts, by list, part and name of the bundle, in the style of CanvOS too', async () => {
  const { cwd, path, list, names } = await splitBuild('--part-style', 'canvos');
  expect(names[0]).toMatch(/\.tar\.zst_part00$/);
  for (const name of [list, `${path}_part02`, path]) {
    const inspected = await runCliJson<InspectResult>(['inspect', name], { cwd });
    expect(inspected.parts?.files.map((file) => file.name)).toEqual(names);
    const verified = await runCliJson<VerifyResult>(['verify', name], { cwd });
    expect(verified).toMatchObject({ path: name, problems: [], parts: { names, damaged: [] } });
  }
  const { stdout } = await runCli(['inspect', list], { cwd });
  expect(stdout).toContain(`parts       4 parts, ${names[0]} to ${names[3]}\n`);
});

test('verify exits with 5 and names the damaged part, the blob in it and the image', async () => {
  const { cwd, folder, list, names } = await splitBuild();
  const damaged = join(folder, names[1] ?? '');
  const bytes = await readFile(damaged);
  bytes.writeUInt8(bytes.readUInt8(1_000_000) ^ 1, 1_000_000);
  await writeFile(damaged, bytes);
  const { code, stdout } = await runCli(['verify', list], { cwd });
  expect(code).toBe(5);
  expect(stdout).toContain(`  ${names[1]}: it has the sha256 `);
  expect(stdout).toMatch(/ {2}layer sha256:[0-9a-f]{64}: .* is damaged: frame \d+ \(\d+ bytes at \d+ in /);
  expect(stdout).toContain(`needed by ${registry.host}/edge/app:1`);
});

test('parts are served, and builds take from them what they have', async () => {
  const { cwd, list } = await splitBuild();
  const { send, bundles } = await servingBundles([join(cwd, list)]);
  expect(bundles).toMatchObject([{ name: 'edge', images: 1 }]);
  const { stdout } = await run('sh', ['-c', `cat ${list}`], { cwd });
  expect(stdout).toContain('"formatVersion": 1');
  const answer = await send(`/v2/edge/app/manifests/1`);
  expect(answer.status).toBe(200);
  const { statistics, bundle } = await build(
    cwd,
    '--existing-bundle',
    list,
    '--store',
    'other',
    '--output',
    'again.tar.zst',
  );
  expect(statistics.bytesPulled).toBeLessThan(10_000);
  expect(bundle?.parts).toBeUndefined();
});

test('a build over parts replaces them; over a file of somebody else it is refused before anything is pulled', async () => {
  const { cwd, path, folder } = await splitBuild();
  const { bundle } = await build(cwd, '--split', '4MB');
  expect(bundle?.path).toBe(path);
  expect((await readdir(folder)).filter((name) => /\.part\d/.test(name)).length).toBe(2);
  await writeFile(join(cwd, `${path}.part05`), 'notes');
  const { code, stderr } = await runCli(buildArgs(['--split', '4MB']), { cwd });
  expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('OUTPUT_TAKEN') });
});

test('from a stick with FAT32, verify reads the parts where they are', async () => {
  const { folder, list, names } = await splitBuild();
  const files = (await readdir(folder)).map((name) => join(folder, name));
  const stick = await fatFolder(files, 64 * 1024 * 1024);
  const onStick = join(stick, list.split('/')[1] ?? '');
  const { parts, problems } = await runCliJson<VerifyResult>(['verify', onStick], { cwd: folder });
  expect({ parts, problems }).toEqual({ parts: { names, isListed: true, damaged: [] }, problems: [] });
  await run('sha256sum', ['-c', onStick.replace('.parts.json', '.sha256')], { cwd: stick });
});
