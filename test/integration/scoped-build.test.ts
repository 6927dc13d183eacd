import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import type { Descriptor } from '../../src/oci/descriptor.ts';
import type { BuildResult } from '../../src/workflows/build-bundle.ts';
import type { InspectResult } from '../../src/workflows/inspect-bundle.ts';
import { pushImage } from '../support/push-image.ts';
import { runCli, runCliJson } from '../support/run-cli.ts';
import { runningRegistry } from '../support/running-registry.ts';
import { noise } from '../support/sample-bundle.ts';
import { addSignature } from '../support/sample-companions.ts';
import { fallbackTag } from '../../src/oci/companion-tags.ts';
import { addImage, MemoryBlobs } from '../support/sample-images.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const blobs = new MemoryBlobs();
const large = noise(3_000_000, 7);
const app = addImage(blobs, large);
const base = addImage(blobs, 'base');
const signature = addSignature(blobs, app.digest);

async function scene() {
  const registry = await runningRegistry();
  const push = async (repository: string, root: Descriptor, tag: string) =>
    await pushImage({ origin: registry.origin, repository }, blobs, { root, tag });
  await push('org/app', app, '1');
  await push('org/base', base, '1');
  await push('org/app', signature, `${fallbackTag(app.digest)}.sig`);
  const cwd = await temporaryFolder();
  const { host } = registry;
  const images = ['app', 'base'].flatMap((name) => ['--image', `${host}/org/${name}:1`]);
  const args = ['build', ...images, '--plain-http', host];
  const build = async (output: string, ...more: string[]) =>
    await runCliJson<BuildResult>([...args, '--output', output, ...more], { cwd });
  const inspect = async (path: string) =>
    (await runCliJson<InspectResult>(['inspect', path], { cwd })).inventory;
  return { registry, host, cwd, args, build, inspect };
}

describe('renames', () => {
  test('names in the bundle are the new ones, those of companions too; the content is the same', async () => {
    const { host, cwd, args, build, inspect } = await scene();
    const maps = ['--map', `${host}=r.site:5000`, '--map', `${host}/org/base=r.site/hub/b`];
    const mapped = await build('a.tar.zst', ...maps, '--include-referrers');
    const inventory = await inspect('a.tar.zst');
    const tag = `${fallbackTag(app.digest)}.sig`;
    expect(inventory.images.map(({ reference, sourceReference }) => [reference, sourceReference])).toEqual([
      ['r.site/hub/b:1', `${host}/org/base:1`],
      ['r.site:5000/org/app:1', `${host}/org/app:1`],
      [`r.site:5000/org/app:${tag}`, `${host}/org/app:${tag}`],
    ]);
    expect(inventory.images.at(-1)?.origins).toMatchObject([
      { kind: 'referrer', of: 'r.site:5000/org/app:1' },
    ]);
    expect((await runCli(['verify', 'a.tar.zst'], { cwd })).code).toBe(0);
    const turned = await build('b.tar.zst', '--include-referrers', ...maps.slice(2), ...maps.slice(0, 2));
    expect(turned.bundle?.sha256).toBe(mapped.bundle?.sha256);
    const shown = await runCli(['inspect', 'a.tar.zst'], { cwd });
    expect(shown.stdout).toMatch(/^IMAGE .* RENAMED FROM$/m);
    const clash = await runCli([...args, '--map', `${host}/org/base=${host}/org/app`], { cwd });
    expect(clash).toMatchObject({ code: 2, stderr: expect.stringContaining('gives two images the name') });
  });
});

describe('exclusion', () => {
  test('what is left out is told with counts', async () => {
    const { host, cwd, args } = await scene();
    const run = await runCli([...args, '--exclude', '*/org/ap*', '--output', 'a.tar.zst'], { cwd });
    expect(run).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ {2}images +1$/m) });
    expect(run.stderr).toMatch(/^ {2}left out +1 by --exclude \*\/org\/ap\*$/m);
    const images = ['resolve', '--image', `${host}/org/app:1`, '--exclude', '*/org/app'];
    const resolved = await runCli(images, { cwd });
    expect(resolved.stderr).toBe('1 image left out by --exclude */org/app\nNo images are named.\n');
    const all = await runCli([...args, '--exclude', `${host}/**`], { cwd });
    expect(all).toMatchObject({ code: 2, stderr: expect.stringContaining('every image is left out') });
  });
});

describe('raw files', () => {
  test('they are in the bundle, whatever the order of flags, and are shown and verified', async () => {
    const { cwd, args, build, inspect } = await scene();
    await mkdir(join(cwd, 'in'));
    await writeFile(join(cwd, 'in/model.bin'), large);
    await writeFile(join(cwd, 'in/readme'), 'read me\n');
    const flags = ['--file', 'in/model.bin', '--file', 'in/readme:docs/readme.txt'];
    const one = await build('a.tar.zst', ...flags);
    const two = await build('b.tar.zst', ...flags.slice(2), ...flags.slice(0, 2));
    expect(two.bundle?.sha256).toBe(one.bundle?.sha256);
    expect(one.plan.files).toEqual({ count: 2, bytes: large.length + 8 });
    const { rawFiles = [], formatVersion } = await inspect('a.tar.zst');
    expect(formatVersion).toBe(3);
    expect(rawFiles.map(({ name, size }) => [name, size])).toEqual([
      ['docs/readme.txt', 8],
      ['model.bin', large.length],
    ]);
    expect((await runCli(['verify', 'a.tar.zst'], { cwd })).code).toBe(0);
    const shown = await runCli(['inspect', 'a.tar.zst'], { cwd });
    expect(shown.stdout).toMatch(/^docs\/readme\.txt +[0-9a-f]{12} +8 B$/m);
    const climbing = await runCli([...args, '--file', 'in/readme:../x'], { cwd });
    expect(climbing).toMatchObject({ code: 2, stderr: expect.stringContaining('cannot name a file') });
  });

  test('a bundle may hold nothing but files', async () => {
    const cwd = await temporaryFolder();
    await writeFile(join(cwd, 'a'), 'a');
    const run = await runCli(['build', '--file', 'a', '--output', 'a.tar.zst'], { cwd });
    expect(run.code).toBe(0);
    expect((await runCli(['verify', 'a.tar.zst'], { cwd })).code).toBe(0);
  });
});

describe('existing bundles', () => {
  test('what they have is not pulled, and the new bundle is the same as without them', async () => {
    const { registry, host, build } = await scene();
    const plain = await build('whole.tar.zst');
    const image = ['--image', `${host}/org/app:1`];
    await build('app.tar.zst', '--exclude', '**/base');
    registry.records.splice(0);
    const again = await build(
      'again.tar.zst',
      '--store',
      'fresh',
      '--existing-bundle',
      'app.tar.zst',
      ...image,
    );
    expect(again.bundle?.sha256).toBe(plain.bundle?.sha256);
    expect(again.plan.bytesInBundles).toBeGreaterThan(large.length);
    expect(again.plan.bytesToPull).toBeLessThan(1000);
    expect(again.statistics.bytesPulled).toBeLessThan(10_000);
    const got = registry.records.filter(({ method }) => method === 'GET').map(({ path }) => path);
    expect(got.filter((path) => path.includes('/org/app/'))).toEqual([]);
  });

  test('with digests nobody is asked; tags stand for what they did when their registry cannot be reached', async () => {
    const { registry, host, cwd, build } = await scene();
    await build('whole.tar.zst');
    await registry.close();
    const pinned = [`${host}/org/app@${app.digest}`, '--concurrency', '1'];
    const offline = await runCliJson<BuildResult>(
      [
        'build',
        '--image',
        ...pinned,
        '--plain-http',
        host,
        '--store',
        'fresh',
        '--existing-bundle',
        'whole.tar.zst',
        '--output',
        'o.tar.zst',
      ],
      { cwd },
    );
    expect(offline).toMatchObject({ failures: [], warnings: [], statistics: { bytesPulled: 0, retries: 0 } });
  });

  test('a damaged bundle is told and given up; what is no bundle is refused', async () => {
    const { cwd, args, build } = await scene();
    const plain = await build('whole.tar.zst');
    const bytes = await readFile(join(cwd, 'whole.tar.zst'));
    bytes[Math.floor(bytes.length / 2)] = (bytes[Math.floor(bytes.length / 2)] ?? 0) ^ 1;
    await writeFile(join(cwd, 'damaged.tar.zst'), bytes);
    const result = await build('b.tar.zst', '--store', 'fresh', '--existing-bundle', 'damaged.tar.zst');
    expect(result.bundle?.sha256).toBe(plain.bundle?.sha256);
    expect(result.warnings.map(({ code }) => code)).toEqual(['EXISTING_BUNDLE_DAMAGED']);
    await writeFile(join(cwd, 'text'), 'no bundle'.repeat(100));
    const wrong = await runCli([...args, '--existing-bundle', 'text'], { cwd });
    expect(wrong).toMatchObject({ code: 5, stderr: expect.stringContaining('text') });
  });
});
