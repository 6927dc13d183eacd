import { readSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';

import { expect, onTestFinished, test } from 'vitest';

import { PaletteEdgeError } from '../../src/errors.ts';
import type { BlobIdentity } from '../../src/oci/descriptor.ts';
import { digestOf } from '../../src/oci/digest.ts';
import type { Digest } from '../../src/oci/digest.ts';
import { SqueezeThreads } from '../../src/squeeze/squeeze-threads.ts';
import { PlainTars } from '../../src/workflows/plain-tars.ts';
import type { LayerSource } from '../../src/workflows/plain-tars.ts';
import { rejection } from '../support/rejection.ts';
import { noise } from '../support/sample-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { filesHeldIn } from './files-held-open.ts';

const { signal } = new AbortController();
const mebibyte = 1024 * 1024;
const failure = new PaletteEdgeError('UNPLUGGED', 'the stick is gone', { kind: 'disk' });

/** Gzip layers of noise; what is read of them is told. */
class Layers implements LayerSource {
  readonly opened: Digest[] = [];
  /** How many of the next openings fail. */
  failing = 0;
  readonly #layers = new Map<Digest, Buffer>();

  add(plain: Buffer): BlobIdentity {
    const bytes = gzipSync(plain);
    const digest = digestOf(bytes);
    this.#layers.set(digest, bytes);
    return { digest, size: bytes.length };
  }

  holderOf(): ReturnType<LayerSource['holderOf']> {
    return { plainOf: () => undefined, open: async (blob) => await this.#open(blob) };
  }

  async #open({ digest }: BlobIdentity): Promise<AsyncIterable<Uint8Array>> {
    this.opened.push(digest);
    if (this.failing > 0) {
      this.failing -= 1;
      throw failure;
    }
    return await Promise.resolve(onePieceOf(this.#layers.get(digest) ?? Buffer.alloc(0)));
  }
}

async function* onePieceOf(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield await Promise.resolve(bytes);
}

async function tarsIn(most?: number) {
  const folder = await temporaryFolder();
  const threads = new SqueezeThreads(1);
  const tars = new PlainTars(folder, () => threads, most);
  onTestFinished(async () => {
    await tars[Symbol.asyncDispose]();
    await threads[Symbol.asyncDispose]();
  });
  return { folder, tars, layers: new Layers() };
}

test('a layer that several hold is decompressed once, into a file without a name', async () => {
  const { folder, tars, layers } = await tarsIn();
  const plain = noise(1_500_000, 1);
  const layer = layers.add(plain);
  const holds = await Promise.all([1, 2, 3].map(async () => await tars.hold(layers, layer, signal)));
  const first = holds.at(0);
  if (first === undefined) throw new Error('nothing is held');
  expect(layers.opened).toEqual([layer.digest]);
  expect(await readdir(folder)).toEqual([]);
  const pieces: Uint8Array[] = [];
  for await (const piece of first.tar.pieces()) pieces.push(piece);
  expect(Buffer.concat(pieces).equals(plain)).toBe(true);
  const part = await first.tar.access.read(1_000_000, 400);
  expect(plain.subarray(1_000_000, 1_000_400).equals(part)).toBe(true);
  const into = Buffer.alloc(1000);
  const { fd, size } = first.tar.old;
  expect(size).toBe(plain.length);
  expect(readSync(fd, into, 0, into.length, plain.length - 100)).toBe(100);
  expect(into.subarray(0, 100).equals(plain.subarray(-100))).toBe(true);
  for (const hold of holds) await hold[Symbol.asyncDispose]();
  // Kept for the next one.
  await using again = await tars.hold(layers, layer, signal);
  expect(again.tar.size).toBe(plain.length);
  expect(layers.opened).toHaveLength(1);
});

test('the one that was used least recently goes when there is no room, but none that is held', async () => {
  const { folder, tars, layers } = await tarsIn(2 * mebibyte);
  const add = (seed: number): BlobIdentity => layers.add(noise(mebibyte, seed));
  const [first, second, third] = [add(1), add(2), add(3)];
  const all = [first, second, third];
  const use = async (layer: BlobIdentity): Promise<void> =>
    await (await tars.hold(layers, layer, signal))[Symbol.asyncDispose]();
  await use(first);
  await use(second);
  await use(first);
  await use(third);
  expect(await filesHeldIn(folder)).toBe(2);
  await use(first);
  await use(third);
  expect(layers.opened).toEqual([first, second, third].map(({ digest }) => digest));
  const held = await Promise.all(all.map(async (layer) => await tars.hold(layers, layer, signal)));
  expect(await filesHeldIn(folder)).toBe(3);
  for (const hold of held) await hold[Symbol.asyncDispose]();
  expect(await filesHeldIn(folder)).toBe(2);
  await tars[Symbol.asyncDispose]();
  expect(await filesHeldIn(folder)).toBe(0);
});

test('a failure is told to whoever began it; the others try again, and so does the next', async () => {
  const { folder, tars, layers } = await tarsIn();
  const layer = layers.add(noise(1000, 1));
  layers.failing = 1;
  const [begun, other] = await Promise.allSettled([
    tars.hold(layers, layer, signal),
    tars.hold(layers, layer, signal),
  ]);
  expect(begun).toMatchObject({ status: 'rejected', reason: failure });
  expect(other.status).toBe('fulfilled');
  expect(layers.opened).toHaveLength(2);
  const damaged = { digest: digestOf('none'), size: 5 };
  expect(await rejection(tars.hold(layers, damaged, signal))).toMatchObject({ kind: 'content' });
  // Nothing of what failed stays open.
  expect(await filesHeldIn(folder)).toBe(1);
});

test('a folder that is not there is named', async () => {
  const { folder, tars, layers } = await tarsIn();
  await rm(folder, { recursive: true });
  const error = await rejection(tars.hold(layers, layers.add(noise(10, 1)), signal));
  expect(error.message).toContain(`decompressing a layer of a base in ${folder}`);
  expect(layers.opened).toEqual([]);
  const stopped = AbortSignal.abort(failure);
  await expect(tars.hold(layers, layers.add(noise(10, 2)), stopped)).rejects.toBe(failure);
});

test('the space for layers is that of all, up to what is kept and two that are held', () => {
  const gibibyte = 1024 * mebibyte;
  expect(PlainTars.spaceFor([])).toBe(0);
  expect(PlainTars.spaceFor([gibibyte, 2 * gibibyte])).toBe(3 * gibibyte);
  expect(PlainTars.spaceFor(Array.from({ length: 20 }, () => gibibyte))).toBe(6 * gibibyte);
});
