import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterEach, expect, test, vi } from 'vitest';

import { digestHex, digestOf } from '../../src/oci/digest.ts';
import { BlobStore } from '../../src/store/blob-store.ts';
import { moveBack, restorePruned, setAside } from '../../src/store/pruned-blobs.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const one = digestOf('one');
const two = digestOf('two');

afterEach(() => void vi.useRealTimers());

test('a blob is moved out of the way, and back, once', async () => {
  const { folder, blobs } = await storeWithTwo();
  const aside = await setAside(folder, one);
  expect(await blobs()).toEqual([digestHex(two)]);
  expect(await setAside(folder, one)).toBeUndefined();
  if (aside === undefined) throw new Error('it was there');
  expect(await moveBack(folder, aside)).toBe(true);
  expect(await moveBack(folder, aside)).toBe(false);
  expect(await blobs()).toEqual([one, two].map(digestHex).toSorted());
});

test('whoever wants a blob moves back that one only', async () => {
  const { folder, blobs } = await storeWithTwo();
  for (const digest of [one, two]) await setAside(folder, digest);
  expect(await restorePruned(folder, two)).toBe(true);
  expect(await restorePruned(folder, two)).toBe(false);
  expect(await blobs()).toEqual([digestHex(two)]);
});

test('opening a store moves back what was forgotten for a minute, and leaves others their blobs', async () => {
  const { folder, blobs } = await storeWithTwo();
  await setAside(folder, one);
  await BlobStore.open(folder);
  expect(await blobs()).toEqual([digestHex(two)]);
  // The time of a rename cannot be set.
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 61_000 });
  await BlobStore.open(folder);
  expect(await blobs()).toEqual([one, two].map(digestHex).toSorted());
});

test('the store says nothing of it as a partial blob', async () => {
  const { folder } = await storeWithTwo();
  const store = await BlobStore.open(folder);
  await setAside(folder, one);
  expect(await store.partialSizes()).toEqual(new Map());
});

async function storeWithTwo() {
  const folder = join(await temporaryFolder(), 'store');
  await BlobStore.open(folder);
  const blobs = join(folder, 'blobs/sha256');
  for (const text of ['one', 'two']) await writeFile(join(blobs, digestHex(digestOf(text))), text);
  return { folder, blobs: async () => (await readdir(blobs)).toSorted() };
}
