import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { planBundle } from '../../src/bundle/plan-bundle.ts';
import type { Descriptor } from '../../src/oci/descriptor.ts';
import { parseReference } from '../../src/oci/reference.ts';
import { BlobStore } from '../../src/store/blob-store.ts';
import type { PinnedImage } from '../../src/workflows/pin-images.ts';
import { planBuild, spaceProblem } from '../../src/workflows/plan-build.ts';
import { pullLimitWarnings } from '../../src/workflows/pull-limit-warnings.ts';
import { queueBlobs } from '../../src/workflows/queue-blobs.ts';
import type { BuildPlan, BuildPlanInput } from '../../src/workflows/plan-build.ts';
import { rejection } from '../support/rejection.ts';
import { noise, sampleContent } from '../support/sample-bundle.ts';
import { addImage, graphOf, MemoryBlobs } from '../support/sample-images.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { samplePlan } from '../views/sample-results.ts';

interface Space {
  readonly store: readonly [needed: number, free: number];
  readonly output: readonly [needed: number, free: number];
  readonly isShared: boolean;
}

function planWith({ store, output, isShared }: Space): BuildPlan {
  const space = {
    store: { path: '/store', needed: store[0], free: store[1] },
    output: { path: 'out/x.tar.zst', needed: output[0], free: output[1] },
    isShared,
  };
  return { ...samplePlan, space };
}

test.each<[what: string, space: Space]>([
  ['two disks that are just large enough', { store: [5, 5], output: [7, 7], isShared: false }],
  ['one disk that is just large enough', { store: [5, 12], output: [7, 12], isShared: true }],
  ['nothing to pull and a full disk for the store', { store: [0, 0], output: [7, 7], isShared: false }],
])('%s are enough', (_what, space) => {
  expect(spaceProblem(planWith(space))).toBeUndefined();
});

test.each<[what: string, space: Space]>([
  ['the store', { store: [6, 5], output: [7, 100], isShared: false }],
  ['the bundle', { store: [5, 100], output: [8, 7], isShared: false }],
  ['both together on one disk', { store: [5, 11], output: [7, 11], isShared: true }],
])('too little space for %s ends a build before it pulls', (_what, space) => {
  expect(spaceProblem(planWith(space))).toMatchObject({
    code: 'NOT_ENOUGH_SPACE',
    kind: 'disk',
    oclif: { exit: 7 },
  });
});

test('the error says where how much is needed and free', () => {
  const space: Space = { store: [5e9, 1e9], output: [7e9, 100e9], isShared: false };
  const error = spaceProblem(planWith(space));
  expect(error?.message).toBe(
    'too little free space: the store (/store) needs 5.00 GB, and 1.00 GB are free; ' +
      'the bundle (out/x.tar.zst) needs 7.00 GB, and 100 GB are free',
  );
  expect(error?.details).toEqual({ space: planWith(space).space });
  expect(error?.suggestions).toEqual(['Free some space, or choose other places with --store and --output.']);
});

test('on one disk the error says so', () => {
  const error = spaceProblem(planWith({ store: [5, 11], output: [7, 11], isShared: true }));
  expect(error?.message).toMatch(/7 B, and 11 B are free; both are on the same disk$/);
});

/** The plan of a build without images, with the output at a path below a folder that has `file` and `folder`. */
async function planTo(...path: string[]): Promise<BuildPlan> {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'file'), '');
  await mkdir(join(folder, 'folder'));
  const bundle = planBundle({ ...(await sampleContent(new MemoryBlobs())), images: [] });
  const store = await BlobStore.open(join(folder, 'store'));
  const input = { images: [], queue: [], bundle, path: [folder, ...path].join('/') };
  return await planBuild(input, store, new AbortController().signal);
}

test.each([
  ['a file that is not there yet', ['new', 'edge.tar.zst']],
  ['a file that is there', ['file']],
])('a bundle may go to %s', async (_what, path) => {
  const { space } = await planTo(...path);
  expect(space.isShared).toBe(true);
  expect(space.output.free).toBeGreaterThan(0);
});

test.each([
  ['a folder', ['folder'], 'NOT_A_FILE'],
  ['a folder with a slash behind it', ['folder', ''], 'NOT_A_FILE'],
  ['a folder that is not there yet', ['new', ''], 'NOT_A_FILE'],
  ['a file of something else', ['store', 'oci-layout'], 'OUTPUT_TAKEN'],
  ['a path below a file', ['file', 'edge.tar.zst'], 'NOT_A_FOLDER'],
])('that a bundle cannot go to %s is told before anything is pulled', async (_what, path, code) => {
  const error = await rejection(planTo(...path));
  expect(error).toMatchObject({ code, kind: 'usage' });
  expect(error.message).toMatch(/^writing the bundle to .* failed: /);
});

describe('an image of the bundle', () => {
  async function planImage(
    prepare: (folder: string) => Promise<Partial<BuildPlanInput>>,
  ): Promise<BuildPlan> {
    const folder = await temporaryFolder();
    const bundle = planBundle({ ...(await sampleContent(new MemoryBlobs())), images: [] });
    const store = await BlobStore.open(join(folder, 'store'));
    const image = { label: 'COS_CONTENT', folder: '', files: [] };
    const input = { images: [], queue: [], bundle, path: join(folder, 'edge.tar.zst'), image };
    const given = { ...input, ...(await prepare(folder)) };
    return await planBuild(given, store, new AbortController().signal);
  }
  const image = (path: string, name: string) => ({
    label: 'COS_CONTENT',
    folder: '',
    files: [{ path, name }],
  });

  test('needs its own space beside the bundle', async () => {
    const { iso, space, expectedBundleSize } = await planImage(async (folder) => {
      await writeFile(join(folder, 'notes'), noise(100_000, 1));
      return { image: image(join(folder, 'notes'), 'notes.txt') };
    });
    expect(iso?.path).toMatch(/\/edge\.iso$/);
    expect(iso?.expectedSize).toBeGreaterThan(expectedBundleSize + 100_000);
    expect(space.output.needed).toBe(expectedBundleSize + (iso?.expectedSize ?? 0));
    const output = { ...space.output, free: expectedBundleSize + 1000 };
    const plan = { ...planWith({ store: [0, 1], output: [1, 1], isShared: false }), iso };
    expect(spaceProblem({ ...plan, space: { ...plan.space, output } })?.message).toContain(
      'the bundle with its ISO image (',
    );
  });

  test('goes where nothing else is, and where none of its files is', async () => {
    const isThere = async (folder: string) => {
      await writeFile(join(folder, 'edge.iso'), 'of somebody else');
      return {};
    };
    expect(await rejection(planImage(isThere))).toMatchObject({ code: 'OUTPUT_TAKEN', kind: 'usage' });
    const isSource = async (folder: string) => {
      const older = join(folder, 'edge.iso');
      await writeFile(older, Buffer.alloc(40_000).fill('CD001', 32_769, 32_774));
      return { image: image(older, 'older.iso') };
    };
    expect(await rejection(planImage(isSource))).toMatchObject({ code: 'OUTPUT_TAKEN', kind: 'usage' });
  });

  test.each([
    ['the bundle', 'Edge.tar.zst', {}],
    ['a part', 'edge.tar.zst_part00', { split: { partSize: 5000, style: 'canvos' } as const }],
    ['the list of parts', 'edge.tar.zst.parts.json', { split: { partSize: 5000, style: 'plain' } as const }],
    [
      'the cluster definition',
      'spc-config/cluster-definition-site.tgz',
      { clusterDefinition: { name: 'site', bytes: noise(10, 1) } },
    ],
  ])('has no other file in the place of %s', async (_what, name, changes) => {
    const work = planImage(async (folder) => {
      await writeFile(join(folder, 'notes'), 'notes');
      return { image: image(join(folder, 'notes'), name), ...changes };
    });
    expect(await rejection(work)).toMatchObject({ code: 'ISO_NAME_TAKEN', kind: 'usage' });
  });
});

/** Content that breaks off after so many bytes. */
// oxlint-disable-next-line typescript/require-await -- stores take async iterables
async function* brokenOff(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes.subarray(0, length);
  throw new Error('connection lost');
}

function largest({ graph }: PinnedImage): Descriptor {
  return graph.blobs
    .map(({ descriptor }) => descriptor)
    .reduce((left, right) => (left.size > right.size ? left : right));
}

function bytesOf({ graph }: PinnedImage): number {
  return graph.blobs.reduce((sum, { descriptor }) => sum + descriptor.size, 0);
}

test('what the store has, whole or in part, is not pulled again; each registry has its share', async () => {
  const folder = await temporaryFolder();
  const store = await BlobStore.open(join(folder, 'store'));
  const blobs = new MemoryBlobs();
  const pinned = async (text: string, seed: number): Promise<PinnedImage> => {
    const graph = await graphOf(blobs, addImage(blobs, noise(9000, seed)));
    return { reference: parseReference(text), name: text, origins: [{ kind: 'flag' }], graph };
  };
  const ofB = await pinned('b.io/app:1', 1);
  const ofA = await pinned('a.io/app:1', 2);
  const images = [ofB, ofA, await pinned('b.io/copy:1', 1)];
  const [whole, half] = [largest(ofB), largest(ofA)];
  await store.ingest(whole, await blobs.open(whole));
  const open = async () => await Promise.resolve(brokenOff(blobs.get(half.digest), 4000));
  await expect(store.ingestFrom(half, open)).rejects.toThrow('connection lost');

  const queue = queueBlobs(images);
  const bundle = planBundle({ ...(await sampleContent(new MemoryBlobs())), images });
  const path = join(folder, 'edge.tar.zst');
  const rateLimit = { limit: 100, remaining: 93, windowSeconds: 21_600 };
  const rateLimits = new Map([['a.io', rateLimit]]);
  const mirrorsOf = (registry: string) => (registry === 'b.io' ? ['mirror.io'] : []);
  const input = { images, queue, bundle, path, rateLimits, mirrorsOf };
  const plan = await planBuild(input, store, new AbortController().signal);
  const [bytesOfB, bytesOfA] = [bytesOf(ofB), bytesOf(ofA)];
  expect(plan).toMatchObject({
    bundle: { name: 'edge-demo', id: bundle.id, path },
    images: 3,
    blobs: 6,
    bytes: bytesOfA + bytesOfB,
    bytesInStore: whole.size + 4000,
    bytesToPull: bytesOfA + bytesOfB - whole.size - 4000,
    registries: [
      { registry: 'a.io', images: 1, bytes: bytesOfA, bytesToPull: bytesOfA - 4000, rateLimit },
      {
        registry: 'b.io',
        images: 2,
        bytes: bytesOfB,
        bytesToPull: bytesOfB - whole.size,
        rateLimit: undefined,
        mirrors: ['mirror.io'],
      },
    ],
    expectedBundleSize: bundle.expectedBundleSize,
    space: { store: { path: store.folder, needed: plan.bytesToPull }, output: { path } },
  });
});

test('a registry with less than a tenth of its pulls left is warned of', () => {
  const warnings = (remaining: number) => {
    const rateLimit = { limit: 100, remaining, windowSeconds: 21_600 };
    const share = { registry: 'docker.io', images: 1, bytes: 1, bytesToPull: 1 };
    const registries = [
      { ...share, rateLimit },
      { ...share, registry: 'a.io' },
    ];
    return pullLimitWarnings({ ...samplePlan, registries });
  };
  expect(warnings(10)).toEqual([]);
  expect(warnings(9)).toEqual([
    {
      code: 'PULL_LIMIT_LOW',
      message:
        'docker.io allows 9 more of 100 pulls in 6 h; those who log in have more: palette-edge login docker.io',
    },
  ]);
});
