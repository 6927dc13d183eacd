import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import type { BuildResult } from '../../src/workflows/build-bundle.ts';
import type { StoreListResult } from '../../src/workflows/store-list.ts';
import type { UnsqueezeResult } from '../../src/workflows/unsqueeze-bundle.ts';
import { uefiOnlyIso } from '../support/bootable-iso.ts';
import { wordsLayer } from '../support/delta-bundles.ts';
import { plainTree } from '../support/plain-installer.ts';
import { pushImage } from '../support/push-image.ts';
import { runCli, runCliJson } from '../support/run-cli.ts';
import { runningRegistry } from '../support/running-registry.ts';
import { MemoryBlobs } from '../support/sample-images.ts';
import { addLayeredImage } from '../support/squeezable-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** A registry with two versions of an image, and a folder with a bundle of the first. */
async function site() {
  const registry = await runningRegistry();
  const { host } = registry;
  const cwd = await temporaryFolder();
  for (const [tag, added] of [
    ['1', ''],
    ['2', 'second'],
  ] as const) {
    const blobs = new MemoryBlobs();
    const root = addLayeredImage(blobs, [wordsLayer(1), wordsLayer(2, added)]);
    await pushImage({ origin: registry.origin, repository: 'org/app' }, blobs, { root, tag });
  }
  const build = async (tag: string, store: string, ...more: readonly string[]) => {
    const image = ['--image', `${host}/org/app:${tag}`, '--plain-http', host];
    return await runCli(['build', ...image, '--outfile', 'app', '--store', store, ...more], { cwd });
  };
  await build('1', 'store', '--output', 'v1.tar.zst');
  await build('2', 'store', '--output', 'v2.tar.zst');
  return { ...registry, cwd, build, bytesOf: async (name: string) => await readFile(join(cwd, name)) };
}

test('a build against a base pulls and writes what is new; applied, it is the bundle of a whole build', async () => {
  const { cwd, build, bytesOf, records, host } = await site();
  const run = async (...args: readonly string[]) => await runCli(args, { cwd });
  const dry = await build('2', 'fresh', '--base', 'v1.tar.zst', '--dry-run');
  expect(dry.stdout).toMatch(/made against\s+app, id [0-9a-f]{8}\n\s+in bases\s+1 of 4 blobs are there/);
  const before = records.length;
  for (const concurrency of ['1', '8']) {
    // A folder that is not there, as the one that is taken without --output.
    const output = ['--output', `new/c${concurrency}.delta.tar.zst`, '--concurrency', concurrency];
    const { code, stderr } = await build('2', `store-${concurrency}`, '--base', 'v1.tar.zst', ...output);
    expect(code, `with ${stderr}`).toBe(0);
  }
  const { bases } = await runCliJson<StoreListResult>(['store', 'list', '--store', 'store-1'], { cwd });
  // It has what is new only: nothing of the base was pulled.
  expect(bases).toMatchObject([{ name: 'app', blobs: { count: 0 } }]);
  const pulled = records
    .slice(before)
    .filter(({ path, method }) => method === 'GET' && path.includes('/blobs/'));
  expect(new Set(pulled.map(({ path }) => path)).size).toBe(2);
  expect((await bytesOf('new/c8.delta.tar.zst')).equals(await bytesOf('new/c1.delta.tar.zst'))).toBe(true);
  const delta = 'new/c1.delta.tar.zst';
  const applied = await runCliJson<UnsqueezeResult>(
    ['apply', delta, '--base', 'v1.tar.zst', '--output', 'applied.tar.zst'],
    { cwd },
  );
  expect((await bytesOf('applied.tar.zst')).equals(await bytesOf('v2.tar.zst'))).toBe(true);
  expect((await bytesOf(delta)).length).toBeLessThan(applied.bundle.size / 5);
  for (const [args, code] of [
    [['verify', delta, '--base', 'v1.tar.zst'], 0],
    [['verify', delta, '--base', 'v2.tar.zst'], 4],
    [['apply', delta, '--output', 'none.tar.zst'], 4],
    [['apply', delta, '--base', delta, '--output', 'none.tar.zst'], 4],
    [['load', delta, '--base', 'v1.tar.zst', '--into', './images'], 0],
    [['load', delta, '--base', 'v1.tar.zst', '--into', './tars', '--uncompressed'], 0],
    [['load', delta, '--into', './others'], 4],
    [['inspect', delta, '--tree', '--base', 'v1.tar.zst'], 0],
    [
      [
        'build',
        '--image',
        `${host}/org/app:2`,
        '--plain-http',
        host,
        '--base',
        'v1.tar.zst',
        '--output',
        'v1.tar.zst',
      ],
      2,
    ],
  ] as const)
    expect(await run(...args), `of ${args.join(' ')}`).toMatchObject({ code });
  expect((await readdir(cwd)).filter((name) => /none|partial/.test(name))).toEqual([]);
}, 120_000);

test('where layers of bases cannot be put is told before anything is pulled', async () => {
  const { cwd, host, records } = await site();
  const image = ['--image', `${host}/org/app:2`, '--plain-http', host, '--store', 'fresh'];
  const begun = records.length;
  const env = { TMPDIR: join(cwd, 'none') };
  const { code, stderr } = await runCli(['build', ...image, '--base', 'v1.tar.zst', '-o', 'd.tar.zst'], {
    cwd,
    env,
  });
  expect(code).toBe(4);
  expect(stderr).toContain(`decompressing layers of bases in ${env.TMPDIR} failed: no such file or folder`);
  expect(records.slice(begun)).toEqual([]);
});

test('an existing delta bundle gives what is in it; an installer does not take one', async () => {
  const { cwd, build, bytesOf, records } = await site();
  await build('2', 'store', '--base', 'v1.tar.zst', '--output', 'new.delta.tar.zst');
  const before = records.length;
  const again = await build(
    '2',
    'fresh',
    '--existing-bundle',
    'new.delta.tar.zst',
    '--output',
    'again.tar.zst',
    '--json',
  );
  const { bundle }: BuildResult = JSON.parse(again.stdout);
  expect(bundle).toBeDefined();
  expect((await bytesOf('again.tar.zst')).equals(await bytesOf('v2.tar.zst'))).toBe(true);
  expect(records.slice(before).some(({ path }) => path.includes('/blobs/'))).toBe(true);
  await uefiOnlyIso(await plainTree(join(cwd, 'made')));
  const embed = ['made/uefi.iso', '--content', 'new.delta.tar.zst', '--out', 'new.iso'];
  const refused = await runCli(['installer', 'embed', ...embed], { cwd });
  expect(refused).toMatchObject({ code: 2 });
  expect(refused.stderr).toContain('IS_A_DELTA');
}, 120_000);
