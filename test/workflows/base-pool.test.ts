import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gunzipSync, gzipSync } from 'node:zlib';

import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';

import { BundleReader } from '../../src/bundle/bundle-reader.ts';
import { inventoryId } from '../../src/bundle/inventory.ts';
import { openFileAccess } from '../../src/io/random-access.ts';
import type { RandomAccess } from '../../src/io/random-access.ts';
import type { BlobIdentity } from '../../src/oci/descriptor.ts';
import type { Digest } from '../../src/oci/digest.ts';
import type { BasePlace, FoundBlob } from '../../src/workflows/base-place.ts';
import { BasePool } from '../../src/workflows/base-pool.ts';
import { openBundleFile } from '../../src/workflows/open-bundle.ts';
import { openBases } from '../../src/workflows/open-with-bases.ts';
import { bundleIn, deltaFiles, layeredBundle, makeDelta } from '../support/delta-bundles.ts';
import type { DeltaFiles } from '../support/delta-bundles.ts';
import { rejection } from '../support/rejection.ts';
import { noise } from '../support/sample-bundle.ts';
import { gzipLayer, tarWith, wordyText } from '../support/squeezable-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

let files: DeltaFiles;
beforeAll(async () => {
  files = await deltaFiles(await mkdtemp(join(tmpdir(), 'palette-edge-test-')));
});
afterAll(async () => await rm(files.folder, { recursive: true }));

const { signal } = new AbortController();

async function pool(...paths: readonly string[]): Promise<BasePool> {
  const opened = await openBases({ paths, folder: tmpdir() });
  onTestFinished(async () => await opened.close());
  return opened;
}

async function reader(path: string, bases?: BasePool): Promise<BundleReader> {
  const opened = await openBundleFile(path, bases === undefined ? {} : { pool: bases });
  onTestFinished(async () => await opened.reader.close());
  return opened.reader;
}

/** The layers that a bundle has as changes to others. */
function patched(bundle: BundleReader): readonly BlobIdentity[] {
  return bundle.inventory.blobs.filter(({ digest }) => bundle.oldsOf(digest).length > 0);
}

async function bytesOf(from: BundleReader, blob: BlobIdentity): Promise<Buffer> {
  return await buffer(await from.open({ digest: blob.digest, size: blob.size }));
}

test('a layer that is changes to others comes from any position, through a chain', async () => {
  const bases = await pool(files.versions[0], files.second);
  const third = await reader(files.third, bases);
  const direct = await reader(files.versions[2]);
  const layers = patched(third);
  expect(layers.length).toBeGreaterThan(0);
  for (const layer of layers) {
    const plain = gunzipSync(await bytesOf(direct, layer));
    for (const start of [0, 1, 12_345, plain.length - 1, plain.length]) {
      const content = third.plainOf(layer.digest, start, signal);
      if (content === undefined) throw new Error('it is no patch');
      expect((await buffer(content)).equals(plain.subarray(start)), `from ${start}`).toBe(true);
    }
  }
});

test('what is decompressed at a time is counted with what that is made of', async () => {
  const bases = await pool(files.versions[0], files.second);
  const [first, second, third] = [
    await reader(files.versions[0]),
    await reader(files.second, bases),
    await reader(files.third, bases),
  ];
  const olds = new Set<Digest>(patched(third).flatMap(({ digest }) => third.oldsOf(digest)));
  for (const digest of olds) for (const further of second.oldsOf(digest)) olds.add(further);
  let expected = 0;
  for (const digest of olds) {
    const from = (await first.sizeOf(digest)) === undefined ? second : first;
    const layer = { digest, size: (await from.sizeOf(digest)) ?? 0 };
    expected += gunzipSync(await bytesOf(from, layer)).length;
  }
  expect(olds.size).toBeGreaterThan(1);
  expect(await bases.spaceFor(third, signal)).toBe(expected);
  expect(await bases.spaceFor(first, signal)).toBe(0);
});

test('of a base of which there is the inventory only it is told that this is not enough', async () => {
  const path = join(files.folder, 'inventory.json');
  await writeFile(path, (await reader(files.versions[0])).inventoryBytes);
  const alone = await pool(path);
  const missing = await rejection(
    alone.require({ path: 'x', reader: await reader(files.second, alone) }, signal),
  );
  expect(missing.message).toContain(`of ${path}, an inventory, there is no content: add --base-registry`);
});

test('what is missing is named, of a delta bundle or of its bases', async () => {
  const idOf = async (path: string): Promise<string> => inventoryId((await reader(path)).inventoryBytes);
  const alone = await pool(files.second);
  const chain = { path: files.third, reader: await reader(files.third, alone) };
  for (const missing of [
    await rejection(alone.require(chain, signal)),
    await rejection(Promise.resolve().then(() => alone.requireFromBundles(chain))),
  ]) {
    expect(missing).toMatchObject({ code: 'BASE_NEEDED', kind: 'notFound' });
    expect(missing.message + missing.suggestions.join(' ')).toContain(await idOf(files.versions[0]));
  }
  const whole = await pool(files.versions[0], files.second);
  await whole.require(chain, signal);
  // A bundle that is no delta bundle needs nothing.
  await alone.require({ path: '', reader: await reader(files.versions[2]) }, signal);
});

test('what was added is closed with it, what was lent is not', async () => {
  const bases = new BasePool({ folder: tmpdir() });
  const lent = await reader(files.versions[0]);
  const added = await openBundleFile(files.versions[1]);
  bases.lend({ path: 'lent', reader: lent });
  bases.add({ path: 'added', ...added });
  expect(bases.bases.map(({ path }) => path)).toEqual(['added']);
  const blob = lent.inventory.blobs.at(0);
  if (blob === undefined) throw new Error('no blobs');
  await bases.close();
  expect(await bytesOf(lent, blob)).toHaveLength(blob.size);
  await expect(added.reader.frames.read(0)).rejects.toThrow('EBADF');
});

test('what no bundle has is taken from another place, and asked for once', async () => {
  const direct = await reader(files.versions[0]);
  const asked: Digest[] = [];
  const place: BasePlace = {
    name: 'site',
    find: async ({ digest }) => {
      asked.push(digest);
      const size = await direct.sizeOf(digest);
      if (size === undefined) return undefined;
      return { size, open: async (_blob, options) => await direct.open({ digest, size }, options) };
    },
  };
  const bases = new BasePool({ folder: tmpdir(), places: [place] });
  onTestFinished(async () => await bases.close());
  const second = await reader(files.second, bases);
  const wanted = await reader(files.versions[1]);
  await bases.require({ path: files.second, reader: second }, signal);
  const before = asked.length;
  expect(new Set(asked).size).toBe(before);
  for (const blob of second.inventory.blobs)
    expect((await bytesOf(second, blob)).equals(await bytesOf(wanted, blob))).toBe(true);
  expect(asked).toHaveLength(before);
});

test('asking a place how much space is needed ends when it is interrupted', async () => {
  const direct = await reader(files.versions[0]);
  const interruption = new AbortController();
  const place: BasePlace = {
    name: 'site',
    find: async ({ digest }) => {
      const size = await direct.sizeOf(digest);
      const open: FoundBlob['open'] = async (_blob, { signal: own }) => {
        interruption.abort(new Error('interrupted'));
        own?.throwIfAborted();
        return await Promise.resolve(piecesOf(Buffer.alloc(4), 4, { pieces: 0 }));
      };
      return size === undefined ? undefined : { size, open };
    },
  };
  const bases = new BasePool({ folder: tmpdir(), places: [place] });
  onTestFinished(async () => await bases.close());
  const second = await reader(files.second, bases);
  await bases.require({ path: files.second, reader: second }, signal);
  await expect(bases.spaceFor(second, interruption.signal)).rejects.toThrow('interrupted');
});

test('an old layer that decompresses to more than its patch says is read no further', async () => {
  const direct = await reader(files.versions[0]);
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
  const pieceSize = 1024;
  const read = { pieces: 0 };
  const open = async () => await Promise.resolve(piecesOf(bomb, pieceSize, read));
  const place: BasePlace = {
    name: 'site',
    find: async ({ digest }) => {
      const size = await direct.sizeOf(digest);
      return size === undefined ? undefined : { size, open };
    },
  };
  const bases = new BasePool({ folder: tmpdir(), places: [place] });
  onTestFinished(async () => await bases.close());
  const second = await reader(files.second, bases);
  const layer = patched(second).at(0);
  if (layer === undefined) throw new Error('nothing is patched');
  const [old] = second.oldsOf(layer.digest);
  const error = await rejection(bytesOf(second, layer));
  expect(error).toMatchObject({ code: 'PATCH_INVALID', kind: 'content' });
  expect(error.message).toContain(`${old} must decompress to`);
  expect(read.pieces).toBeLessThan(bomb.length / pieceSize / 2);
});

/** Nothing of it is verified: as from a registry, where that shows at the end. */
async function* piecesOf(
  bytes: Uint8Array,
  size: number,
  read: { pieces: number },
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let start = 0; start < bytes.length; start += size) {
    read.pieces += 1;
    yield await Promise.resolve(bytes.subarray(start, start + size));
  }
}

test('patches that lie behind each other are decompressed once, in their order', async () => {
  const folder = await temporaryFolder();
  // Noise: the frame that patches of it are in has many pieces, and is far larger than what is read ahead.
  const layers = (added: string) =>
    [1, 2, 3].map((seed) =>
      gzipLayer(
        tarWith(
          Buffer.concat([wordyText(80_000, seed), noise(200_000, seed + added.length), Buffer.from(added)]),
        ),
      ),
    );
  const old = await bundleIn(folder, 'old.tar.zst', await layeredBundle({ images: [layers('')] }));
  const next = await bundleIn(folder, 'new.tar.zst', await layeredBundle({ images: [layers('added')] }));
  const delta = join(folder, 'd.delta.tar.zst');
  await makeDelta(next, { bases: [old], output: delta });
  const bases = await pool(old);
  const file = await openFileAccess(delta, 'bundle');
  let read = 0;
  const counted: RandomAccess = {
    ...file,
    size: file.size,
    read: async (position, length) => {
      read += length;
      return await file.read(position, length);
    },
    close: async () => await file.close(),
  };
  const bundle = await BundleReader.open(counted, delta, {
    findBases: (content, name) => bases.basesOf(content, name),
  });
  onTestFinished(async () => await bundle.close());
  const changed = bundle.inTarOrder().filter(({ digest }) => bundle.oldsOf(digest).length > 0);
  expect(changed).toHaveLength(3);
  for (const { digest } of changed) {
    const content = bundle.plainOf(digest, 0);
    if (content === undefined) throw new Error('it is no patch');
    await buffer(content);
  }
  expect(read).toBeLessThan(1.2 * file.size);
});
