import { mkdir, readdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { digestHex, digestOf } from '../../src/oci/digest.ts';
import { BlobStore } from '../../src/store/blob-store.ts';
import { leftPath, listPartials, newPartialPath } from '../../src/store/partial-blobs.ts';
import { rejection } from '../support/rejection.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const one = digestOf('one');
const two = digestOf('two');

test('the largest partial blob of each digest is told; what is no partial blob is passed over', async () => {
  const { store, partial, ingest } = await emptyStore();
  await partial(one, 5);
  await partial(one, 7);
  await leave(await partial(one, 6));
  await partial(two, 1);
  await writeFile(join(ingest, 'notes.txt'), 'x');
  await writeFile(join(ingest, `${digestHex(two)}.partial`), 'too short a name');
  await mkdir(newPartialPath(store.folder, two));
  await symlink('/etc/passwd', newPartialPath(store.folder, two));
  expect(await store.partialSizes()).toEqual(
    new Map([
      [one, 7],
      [two, 1],
    ]),
  );
  const ofOne = await listPartials(store.folder, one);
  expect(ofOne.map(({ size, isLeft }) => ({ size, isLeft })).toSorted((a, b) => a.size - b.size)).toEqual([
    { size: 5, isLeft: false },
    { size: 6, isLeft: true },
    { size: 7, isLeft: false },
  ]);
});

test('a store without partial blobs has none', async () => {
  const { store } = await emptyStore();
  expect(await store.partialSizes()).toEqual(new Map());
});

test('a store whose folder is gone says so', async () => {
  const { store } = await emptyStore();
  await rm(store.folder, { recursive: true });
  const error = await rejection(store.partialSizes());
  expect(error.message).toBe(`reading from the store ${store.folder} failed: no such file or folder`);
});

test('opening removes partial blobs that were not written for 7 days, and no others', async () => {
  const { store, partial, ingest } = await emptyStore();
  const day = 24 * 60 * 60 * 1000;
  const old = await partial(one, 3);
  const oldLeft = await leave(await partial(two, 3));
  const young = await partial(one, 2);
  for (const path of [old, oldLeft]) await utimes(path, new Date(), new Date(Date.now() - 7 * day - 60_000));
  await utimes(young, new Date(), new Date(Date.now() - 7 * day + 60_000));
  await writeFile(join(ingest, 'notes.txt'), 'x');
  await utimes(join(ingest, 'notes.txt'), 0, 0);
  await BlobStore.open(store.folder);
  expect((await readdir(ingest)).toSorted()).toEqual(
    [young.slice(ingest.length + 1), 'notes.txt'].toSorted(),
  );
});

test('opening removes what a process left that was killed after its last step', async () => {
  const { store, partial, ingest } = await emptyStore();
  await partial(one, 3);
  await partial(two, 3);
  await writeFile(join(store.folder, 'blobs/sha256', digestHex(one)), 'one');
  // A damaged blob, shorter than what there is of it: worth going on with.
  await writeFile(join(store.folder, 'blobs/sha256', digestHex(two)), '');
  await BlobStore.open(store.folder);
  expect(await readdir(ingest)).toEqual([expect.stringMatching(digestHex(two))]);
});

async function emptyStore() {
  const store = await BlobStore.open(join(await temporaryFolder(), 'store'));
  const partial = async (digest: typeof one, size: number) => {
    const path = newPartialPath(store.folder, digest);
    await writeFile(path, 'x'.repeat(size));
    return path;
  };
  return { store, partial, ingest: join(store.folder, 'ingest') };
}

async function leave(path: string): Promise<string> {
  await rename(path, leftPath(path));
  return leftPath(path);
}
