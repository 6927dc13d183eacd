import { readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import type { SqueezedLayer } from '../../src/bundle/squeezed-inventory.ts';
import type { BlobIdentity } from '../../src/oci/descriptor.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { RestoredLayers } from '../../src/workflows/restored-layers.ts';
import { sampleBundle } from '../support/sample-bundle.ts';
import { openSqueezed, squeezeSample } from '../support/sample-squeezed.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const sample = await sampleBundle();
const squeezed = await squeezeSample(sample);
/** The largest first. */
const [first, second, third] = layersOf(squeezed);

function layersOf({ plan }: typeof squeezed): [SqueezedLayer, SqueezedLayer, SqueezedLayer] {
  const layers = plan.inventory.layers.toSorted((left, right) => right.size - left.size);
  const [a, b, c] = layers;
  if (a === undefined || b === undefined || c === undefined) throw new Error('too few layers');
  return [a, b, c];
}

/** Restored layers in a folder, and a reader that counts what is restored. */
async function store(limit: number) {
  const folder = await temporaryFolder();
  const reader = await openSqueezed(squeezed.bytes);
  const opened: string[] = [];
  const open = reader.open.bind(reader);
  reader.open = async (blob, options) => {
    opened.push(blob.digest);
    return await open(blob, options);
  };
  const restored = new RestoredLayers({ folder, limit });
  onTestFinished(async () => await restored[Symbol.asyncDispose]());
  const read = async (blob: BlobIdentity, range?: { start: number; end?: number }) => {
    const pieces: Uint8Array[] = [];
    const options = range === undefined ? {} : { range };
    for await (const piece of restored.open(reader, blob, options)) pieces.push(Uint8Array.from(piece));
    return Buffer.concat(pieces);
  };
  return { folder, reader, restored, opened, read };
}

/** Files in a folder that this process holds open: they have no names. */
async function filesHeld(folder: string): Promise<number> {
  const held = await readdir('/proc/self/fd');
  const targets = held.map(async (fd) => await readlink(join('/proc/self/fd', fd)).catch(() => ''));
  return (await Promise.all(targets)).filter((target) => target.startsWith(folder)).length;
}

test('whoever comes at the same time, later, or for a part gets the same bytes, restored once', async () => {
  const { folder, opened, read } = await store(2 ** 30);
  const expected = sample.blobs.get(first.digest);
  const all = await Promise.all([1, 2, 3, 4].map(async () => await read(first)));
  expect(all.every((bytes) => bytes.equals(expected))).toBe(true);
  expect((await read(first)).equals(expected)).toBe(true);
  const part = { start: 10, end: first.size - 10 };
  expect((await read(first, part)).equals(expected.subarray(10, -10))).toBe(true);
  expect((await read(first, { start: first.size - 1 })).equals(expected.subarray(-1))).toBe(true);
  expect(opened).toEqual([first.digest]);
  expect(await readdir(folder)).toEqual([]);
});

test('the oldest one that nobody reads goes when there is no room', async () => {
  const { folder, opened, read } = await store(first.size + second.size);
  await read(first);
  await read(second);
  await read(first);
  await read(third);
  await read(first);
  expect(opened).toEqual([first.digest, second.digest, third.digest]);
  await read(second);
  expect(opened).toHaveLength(4);
  expect(await filesHeld(folder)).toBeLessThanOrEqual(2);
});

test('without any room each is kept as long as it is read', async () => {
  const { folder, read } = await store(0);
  expect((await read(first)).equals(sample.blobs.get(first.digest))).toBe(true);
  expect(await filesHeld(folder)).toBe(0);
});

test('whoever goes away in the middle leaves it to the others', async () => {
  const { restored, reader, read, opened } = await store(2 ** 30);
  for await (const piece of restored.open(reader, first, {})) {
    expect(piece.length).toBeGreaterThan(0);
    break;
  }
  expect((await read(first)).equals(sample.blobs.get(first.digest))).toBe(true);
  expect(opened).toHaveLength(1);
});

test('a failure is told to all who wait, and the next one tries again', async () => {
  const { folder, reader, read } = await store(2 ** 30);
  const open = reader.open.bind(reader);
  reader.open = async () => await Promise.reject(new Error('it is gone'));
  const ends = await Promise.allSettled([read(first), read(first)]);
  expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  reader.open = open;
  expect(digestOf(await read(first))).toBe(first.digest);
  expect(await filesHeld(folder)).toBe(1);
});

test('bytes that are not those of the layer are never given to the end', async () => {
  const { reader, restored } = await store(2 ** 30);
  const wrong = Buffer.from(sample.blobs.get(first.digest));
  reader.open = async () =>
    await Promise.resolve(
      (async function* () {
        yield await Promise.resolve(wrong);
        throw new Error('the digest is another one');
      })(),
    );
  let given = 0;
  const whole = (async () => {
    for await (const piece of restored.open(reader, first, {})) given += piece.length;
  })();
  await expect(whole).rejects.toThrow('the digest is another one');
  expect(given).toBeLessThan(first.size);
});

test('a folder that is not there is told', async () => {
  const restored = new RestoredLayers({ folder: join(await temporaryFolder(), 'none'), limit: 1 });
  const reader = await openSqueezed(squeezed.bytes);
  await expect(restored.open(reader, first, {}).next()).rejects.toThrow('restoring layers in');
});
