import { createHash } from 'node:crypto';
import { readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { PaletteEdgeError } from '../../src/errors.ts';
import { hashHere } from '../../src/io/hash-thread.ts';
import { unsqueezeBundle } from '../../src/workflows/unsqueeze-bundle.ts';
import type { UnsqueezeInput, UnsqueezeResult } from '../../src/workflows/unsqueeze-bundle.ts';
import { bundleIn, layeredBundle, makeDelta, wordsLayer } from '../support/delta-bundles.ts';
import { rejection } from '../support/rejection.ts';
import { noise } from '../support/sample-bundle.ts';
import { squeezableBundle } from '../support/squeezable-bundle.ts';
import { squeezedBytes } from '../support/squeezing.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const stopped = new PaletteEdgeError('STOPPED', 'stopped', { kind: 'interrupted' });

/** What a run told its listener. */
interface Told {
  readonly checked: number;
  readonly started: number;
  readonly written: number;
}

/** Unsqueezes or applies; stops when so many bytes of tar were taken in. */
async function run(
  input: UnsqueezeInput,
  stopAt = Infinity,
): Promise<{ readonly told: Told; readonly result: UnsqueezeResult }> {
  const stop = new AbortController();
  const told = { checked: 0, started: -1, written: 0 };
  const listener = {
    onCheck: (total: number) => void (told.checked = total),
    onStart: (total: number) => void (told.started = total),
    onBytes: (count: number) => {
      if (told.started < 0) return;
      told.written += count;
      if (told.written >= stopAt) stop.abort(stopped);
    },
  };
  const result = await unsqueezeBundle(input, { hasher: hashHere, listener }, stop.signal);
  return { told, result };
}

/** A bundle whose frames are small, so that many are written before the last layer is. */
const plain = await squeezableBundle({ length: 40_000, frameContent: 2048, more: false });
const squeezedPlain = await squeezedBytes(plain.bytes);
const total = plain.plan.tarSize;

/** The bundle, squeezed, in a folder. */
async function squeezed() {
  const folder = await temporaryFolder();
  const path = join(folder, 'edge.squeezed.tar.zst');
  await writeFile(path, squeezedPlain);
  return { folder, path, output: join(folder, 'out.tar.zst') };
}

test.each([0.4, 0.97])('stopped at %f of the tar, it goes on and gives the same file', async (share) => {
  const { path, folder, output } = await squeezed();
  const stopAt = total * share;
  expect(await rejection(run({ path, output }, stopAt))).toMatchObject({ code: 'STOPPED' });
  const { told, result } = await run({ path, output });
  expect((await readFile(output)).equals(plain.bytes)).toBe(true);
  // All but the layer that was under way, and what waited in memory, need not be restored again.
  expect(result.resumedBytes).toBeGreaterThan(stopAt / 2);
  expect(told.checked).toBeGreaterThan(0);
  expect(told.started).toBe(total - result.resumedBytes);
  expect(told.written).toBe(told.started);
  expect((await readdir(folder)).filter((name) => name.includes('partial'))).toEqual([]);
});

test('stopped again and again, it comes to its end', async () => {
  const { path, output } = await squeezed();
  // A blob that is not complete is begun anew.
  const step = Math.max(...plain.plan.inventory.blobs.map(({ size }) => size)) + 20_000;
  const resumed: number[] = [];
  for (let round = 1; round <= 40; round += 1) {
    const ended = await run({ path, output }, step).catch(() => undefined);
    if (ended === undefined) continue;
    resumed.push(ended.result.resumedBytes);
    break;
  }
  expect(resumed).toHaveLength(1);
  expect(resumed[0]).toBeGreaterThan(total / 2);
  expect((await readFile(output)).equals(plain.bytes)).toBe(true);
});

test('what another bundle left is not gone on with, and goes', async () => {
  const { path, folder, output } = await squeezed();
  const other = join(folder, 'other.squeezed.tar.zst');
  const small = await squeezableBundle({ length: 20_000, frameContent: 4096, more: false });
  await writeFile(other, await squeezedBytes(small.bytes));
  await rejection(run({ path: other, output }, small.plan.tarSize / 2));
  expect(await readdir(folder)).toContainEqual(
    expect.stringMatching(/^out\.tar\.zst\.[0-9a-f]{12}\.partial$/),
  );
  const { result, told } = await run({ path, output });
  expect(told.checked).toBeGreaterThan(0);
  expect(result.resumedBytes).toBe(0);
  expect((await readFile(output)).equals(plain.bytes)).toBe(true);
  expect((await readdir(folder)).filter((name) => name.includes('partial'))).toEqual([]);
});

test('a changed byte in what was left costs time, not the file', async () => {
  const { path, folder, output } = await squeezed();
  await rejection(run({ path, output }, total * 0.9));
  const left = (await readdir(folder)).find((name) => name.endsWith('.partial')) ?? '';
  const content = join(folder, left, 'content');
  const changed = await readFile(content);
  const middle = Math.floor(changed.length / 2);
  changed[middle] = (changed[middle] ?? 0) ^ 1;
  await writeFile(content, changed);
  const { result } = await run({ path, output });
  expect(result.resumedBytes).toBeLessThan(total * 0.7);
  expect((await readFile(output)).equals(plain.bytes)).toBe(true);
});

test('a delta bundle is applied on from where it was stopped; damage leaves nothing', async () => {
  const folder = await temporaryFolder();
  // Larger than a frame each, and no two of one size: they come in this order.
  const files = [noise(5_000_000, 1), noise(3_000_000, 2)];
  const old = await bundleIn(
    folder,
    'old.tar.zst',
    await layeredBundle({ images: [[wordsLayer(1)]], files }),
  );
  const after = await layeredBundle({ images: [[wordsLayer(1, 'new')]], files });
  const direct = await bundleIn(folder, 'new.tar.zst', after);
  const path = join(folder, 'new.delta.tar.zst');
  await makeDelta(direct, { bases: [old], output: path });
  const bases = { paths: [old], folder: tmpdir() };
  const output = join(folder, 'out', 'applied.tar.zst');
  await rejection(run({ path, output, bases }, 7_000_000));
  const { result } = await run({ path, output, bases });
  expect(result.resumedBytes).toBeGreaterThan(5_000_000);
  expect((await readFile(output)).equals(after.bytes)).toBe(true);
  const damaged = Buffer.from(await readFile(old));
  const at = damaged.length - 1_000_000;
  damaged[at] = (damaged[at] ?? 0) ^ 1;
  await writeFile(old, damaged);
  const second = join(folder, 'second', 'applied.tar.zst');
  expect(await rejection(run({ path, output: second, bases }))).toMatchObject({ kind: 'content' });
  expect(await readdir(folder)).not.toContain('second');
});

describe('parts', () => {
  const partSize = Math.floor(plain.bytes.length / 8);
  const split = { partSize, style: 'plain' as const };

  /** Stops in the middle, and tells where what was written is. */
  async function stoppedParts() {
    const paths = await squeezed();
    expect(await rejection(run({ ...paths, split }, total * 0.97))).toMatchObject({ code: 'STOPPED' });
    const [left = '', ...others] = await partialsIn(paths.folder);
    expect(others).toEqual([]);
    return { ...paths, left: join(paths.folder, left, 'parts') };
  }

  const partialsIn = async (folder: string) =>
    (await readdir(folder)).filter((name) => name.includes('partial'));

  /** All parts have the hashes that are told of them, and make the bundle. */
  async function expectParts(folder: string, { bundle }: UnsqueezeResult): Promise<void> {
    const { files = [] } = bundle.parts ?? {};
    const bytes = await Promise.all(files.map(async ({ name }) => await readFile(join(folder, name))));
    expect(bytes.map((each) => createHash('sha256').update(each).digest('hex'))).toEqual(
      files.map(({ sha256 }) => sha256),
    );
    expect(Buffer.concat(bytes).equals(plain.bytes)).toBe(true);
    expect(bundle.sha256).toBe(createHash('sha256').update(plain.bytes).digest('hex'));
    expect(await partialsIn(folder)).toEqual([]);
  }

  test('are gone on with where they were stopped', async () => {
    const { path, folder, output, left } = await stoppedParts();
    expect((await readdir(left)).length).toBeGreaterThan(4);
    const { result, told } = await run({ path, output, split });
    expect(result.resumedBytes).toBeGreaterThan(total / 2);
    expect(told.checked).toBeGreaterThan(4 * partSize);
    expect(told.written).toBe(total - result.resumedBytes);
    await expectParts(folder, result);
  });

  test('one that was changed meanwhile is written again, and all behind it', async () => {
    const { path, folder, output, left } = await stoppedParts();
    const changed = await readFile(join(left, '3'));
    changed.writeUInt8(changed.readUInt8(100) ^ 1, 100);
    await writeFile(join(left, '3'), changed);
    const { result } = await run({ path, output, split });
    expect(result.resumedBytes).toBeLessThan(total / 2);
    await expectParts(folder, result);
  });

  test('without the first of them the others are of no use', async () => {
    const { path, folder, output, left } = await stoppedParts();
    await rm(join(left, '1'));
    const { result } = await run({ path, output, split });
    expect(result.resumedBytes).toBe(0);
    await expectParts(folder, result);
  });

  test('with a link among them they are nobody’s of ours, and left alone', async () => {
    const { path, folder, output, left } = await stoppedParts();
    await rename(join(left, '1'), join(folder, 'elsewhere'));
    await symlink(join(folder, 'elsewhere'), join(left, '1'));
    const before = await readFile(join(left, '1'));
    const { result } = await run({ path, output, split });
    expect(result.resumedBytes).toBe(0);
    expect((await readFile(join(left, '1'))).equals(before)).toBe(true);
    await rm(dirname(left), { recursive: true });
    await expectParts(folder, result);
  });

  test('of another size, and one file, are not mixed up with them', async () => {
    const { path, folder, output } = await stoppedParts();
    const larger = { ...split, partSize: partSize + 1 };
    const { result } = await run({ path, output, split: larger });
    // The first one may be the beginning of a larger one.
    expect(result.resumedBytes).toBeLessThan(total / 4);
    await expectParts(folder, result);
    const other = await stoppedParts();
    expect((await run({ path: other.path, output: other.output })).result.resumedBytes).toBe(0);
    expect((await readFile(other.output)).equals(plain.bytes)).toBe(true);
    expect(await partialsIn(other.folder)).toEqual([]);
  });
});
