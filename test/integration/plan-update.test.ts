import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { beforeEach, expect, test } from 'vitest';

import type { Digest } from '../../src/oci/digest.ts';
import type { DiffResult } from '../../src/workflows/diff-bundles.ts';
import type { UpdatePlan } from '../../src/workflows/plan-update.ts';
import { pushImage } from '../support/push-image.ts';
import { runCli, runCliJson } from '../support/run-cli.ts';
import { runningRegistry } from '../support/running-registry.ts';
import type { RunningRegistry } from '../support/running-registry.ts';
import { MemoryBlobs } from '../support/sample-images.ts';
import { addLayeredImage, gzipLayer, tarWith, wordyText } from '../support/squeezable-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const layers = [1, 2, 3, 4].map((seed) => gzipLayer(tarWith(wordyText(20_000 * seed, seed))));

let cwd: string;
let registry: RunningRegistry;
let digests: Map<string, Digest>;

beforeEach(async () => {
  cwd = await temporaryFolder();
  registry = await runningRegistry();
  digests = new Map();
});

async function push(repository: string, numbers: readonly number[]): Promise<void> {
  const blobs = new MemoryBlobs();
  const root = addLayeredImage(
    blobs,
    numbers.flatMap((number) => layers[number] ?? []),
  );
  await pushImage({ origin: registry.origin, repository }, blobs, { root, tag: '1' });
  digests.set(repository, root.digest);
}

/** Flags for these images; the list is a file, so that the command line is short. */
async function sources(...repositories: readonly string[]): Promise<string[]> {
  const { host } = registry;
  const lines = repositories.map((repository) => `${host}/${repository}:1\n`);
  await writeFile(join(cwd, 'images.txt'), lines.join(''));
  return ['--images-file', 'images.txt', '--plain-http', host, '--store', 'store'];
}

async function build(output: string, args: readonly string[]): Promise<void> {
  await runCliJson(['build', ...args, '--output', output], { cwd });
}

async function plan(old: string, args: readonly string[]): Promise<UpdatePlan> {
  return await runCliJson<UpdatePlan>(['plan-update', old, ...args], { cwd });
}

/** Three images, of which the update moves one, drops one and adds one that has a layer of the old. */
async function updatedSite(): Promise<string[]> {
  await push('org/app', [0, 1]);
  await push('org/gone', [0]);
  await push('org/same', [0]);
  await build('old.tar.zst', await sources('org/app', 'org/gone', 'org/same'));
  await push('org/app', [0, 2]);
  await push('org/new', [1, 3]);
  return await sources('org/app', 'org/new', 'org/same');
}

test('what would change, exact to the byte, without pulling a layer', async () => {
  await push('org/app', [0, 1]);
  const before = digests.get('org/app');
  const args = await updatedSite();
  const asked = registry.records.length;
  const result = await plan('old.tar.zst', [...args.slice(0, -1), 'another-store']);
  const layerDigests = layers.map(({ bytes }) => new MemoryBlobs().add(bytes, '').digest);
  const paths = registry.records.slice(asked).map(({ path }) => path);
  expect(paths.length).toBeGreaterThan(0);
  expect(paths.filter((path) => layerDigests.some((digest) => path.endsWith(digest)))).toEqual([]);
  const { host } = registry;
  expect(result).toMatchObject({
    before: { path: 'old.tar.zst' },
    isSame: false,
    unchanged: 1,
    changes: [
      {
        change: 'added',
        what: 'image',
        name: `${host}/org/new:1`,
        full: { blobs: 4 },
        toShip: { blobs: 3 },
      },
      { change: 'removed', name: `${host}/org/gone:1` },
      { change: 'moved', name: `${host}/org/app:1`, before, after: digests.get('org/app') },
    ],
  });
  expect(result.estimate).toBeUndefined();
  await build('new.tar.zst', args);
  const { toShip, after } = await runCliJson<DiffResult>(['diff', 'old.tar.zst', 'new.tar.zst'], { cwd });
  expect(result.toShip).toEqual(toShip);
  expect(result.after.id).toBe(after.id);
});

test('what the site has may be squeezed, a delta bundle without its base, or an inventory', async () => {
  const args = await updatedSite();
  const usual = await plan('old.tar.zst', args);
  await runCliJson(['squeeze', 'old.tar.zst', '--output', 'squeezed.tar.zst'], { cwd });
  const squeezed = await plan('squeezed.tar.zst', args);
  const share = squeezed.estimate?.share ?? Number.NaN;
  expect(share).toBeGreaterThan(0);
  expect(squeezed.estimate?.fullBytes).toBeGreaterThan(squeezed.estimate?.toShipBytes ?? Infinity);
  expect(squeezed.toShip).toEqual(usual.toShip);
  expect(squeezed.before.id).toBe(usual.before.id);
  await runCliJson(
    ['extract', 'old.tar.zst', '--file', 'palette-edge/inventory.json', '--output', 'i.json'],
    {
      cwd,
    },
  );
  expect(await plan('i.json', args)).toMatchObject({
    before: { path: 'i.json', id: usual.before.id },
    changes: usual.changes,
    toShip: usual.toShip,
  });
  await build('delta.tar.zst', [...args, '--base', 'old.tar.zst']);
  const nothingLeft = await plan('delta.tar.zst', args);
  expect(nothingLeft).toMatchObject({
    isSame: true,
    changes: [],
    unchanged: 3,
    toShip: { blobs: 0, bytes: 0 },
  });
  expect(nothingLeft.before.id).toBe(nothingLeft.after.id);
  expect(nothingLeft.estimate).toBeUndefined();
});

test('the exit code 9 and a table for people', async () => {
  const args = await updatedSite();
  const changed = await runCli(['plan-update', 'old.tar.zst', ...args, '--exit-code'], { cwd });
  expect(changed).toMatchObject({ code: 9 });
  expect(changed.stdout).toMatch(/^1 added, 1 removed, 1 moved, 1 unchanged\n/);
  await build('new.tar.zst', args);
  const same = await runCli(['plan-update', 'new.tar.zst', ...args, '--exit-code'], { cwd });
  expect(same).toMatchObject({ code: 0 });
  expect(same.stdout).toMatch(/^Nothing changes\n/);
});

test('an old bundle that is none is told before a registry is asked', async () => {
  const args = await sources('org/app');
  await using file = await open(join(cwd, 'old.tar.zst'), 'w');
  await file.writeFile('no bundle');
  const run = await runCli(['plan-update', 'old.tar.zst', ...args], { cwd });
  expect(run.code).toBe(5);
  expect(run.stderr).toContain('old.tar.zst');
  expect(registry.records).toEqual([]);
});
