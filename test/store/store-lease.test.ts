import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { digestHex, digestOf } from '../../src/oci/digest.ts';
import { BlobStore } from '../../src/store/blob-store.ts';
import { leasePath } from '../../src/store/store-layout.ts';
import { StoreLease } from '../../src/store/store-lease.ts';
import { rejection } from '../support/rejection.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { identityOf, inPieces } from './seeded-blob.ts';

const one = digestOf('one');
const two = digestOf('two');

test('a lease lists what is held, after whose it is, and is gone when it is let go', async () => {
  const { store, leases, lines } = await emptyStore();
  const lease = new StoreLease(store.folder);
  expect(lease.id).toBeUndefined();
  await lease.hold(one);
  await lease.hold(two);
  await lease.hold(one);
  const [head = '', ...digests] = await lines();
  expect(JSON.parse(head)).toEqual({
    version: 1,
    process: {
      boot: (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim(),
      pidNamespace: expect.stringMatching(/^pid:\[\d+\]$/),
      pid: process.pid,
      started: expect.stringMatching(/^\d+$/),
    },
  });
  expect(digests).toEqual([one, two].map(digestHex));
  await lease[Symbol.asyncDispose]();
  expect(await readdir(leases)).toEqual([]);
});

test('many at once are written together, each before its promise settles', async () => {
  const { store, lines } = await emptyStore();
  await using lease = new StoreLease(store.folder);
  const digests = Array.from({ length: 500 }, (_, index) => digestOf(String(index)));
  await Promise.all(
    digests.map(async (digest) => {
      await lease.hold(digest);
      expect(await lines()).toContain(digestHex(digest));
    }),
  );
  expect((await lines()).slice(1).toSorted()).toEqual(digests.map(digestHex).toSorted());
});

test('a lease that somebody removed begins anew with all that it held', async () => {
  const { store, lines } = await emptyStore();
  await using lease = new StoreLease(store.folder);
  await lease.hold(one);
  const { id = '' } = lease;
  await rm(leasePath(store.folder, id));
  await lease.hold(two);
  expect(lease.id).not.toBe(id);
  expect((await lines()).slice(1)).toEqual([one, two].map(digestHex));
});

test('a store that is gone says so, and the next one who asks tries again', async () => {
  const { store } = await emptyStore();
  await using lease = new StoreLease(store.folder);
  await rm(store.folder, { recursive: true });
  const error = await rejection(lease.hold(one));
  expect(error.message).toBe(`writing to the store ${store.folder} failed: no such file or folder`);
  await BlobStore.open(store.folder);
  await lease.hold(one);
  expect((await stat(leasePath(store.folder, lease.id ?? ''))).size).toBeGreaterThan(64);
});

test('a store holds what is asked for, opened and ingested, until it is disposed of', async () => {
  const { store, leases, lines } = await emptyStore();
  const bytes = Buffer.from('some bytes');
  await store.sizeOf(one);
  await rejection(store.open({ digest: two, size: 3 }));
  await store.ingest(identityOf(bytes), inPieces(bytes));
  expect((await lines()).slice(1)).toEqual([one, two, digestOf(bytes)].map(digestHex));
  await store[Symbol.asyncDispose]();
  expect(await readdir(leases)).toEqual([]);
});

async function emptyStore() {
  const store = await BlobStore.open(join(await temporaryFolder(), 'store'));
  const leases = join(store.folder, 'leases');
  return {
    store,
    leases,
    /** Lines of the only lease that are not empty. */
    lines: async () => {
      const [name = '', ...others] = await readdir(leases);
      expect(others).toEqual([]);
      return (await readFile(join(leases, name), 'utf8')).split('\n').filter((line) => line !== '');
    },
  };
}
