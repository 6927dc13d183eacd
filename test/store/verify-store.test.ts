import { chmod, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { HashThread, hashHere } from '../../src/io/hash-thread.ts';
import { digestHex, digestOf } from '../../src/oci/digest.ts';
import { BlobStore } from '../../src/store/blob-store.ts';
import { newPartialPath } from '../../src/store/partial-blobs.ts';
import { verifyStore } from '../../src/store/verify-store.ts';
import type { VerifyStoreOptions } from '../../src/store/verify-store.ts';
import { rejection } from '../support/rejection.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { identityOf, inPieces, seededBytes } from './seeded-blob.ts';

/** Around the sizes of buffers, and what is hashed here or in a thread. */
const sizes = [0, 1, 65_535, 262_143, 262_144, 262_145, 524_288, 1_000_000, 3_000_001];

test('every blob is hashed, in this thread and others, and all bytes are told', async () => {
  const { folder, blobs } = await filledStore();
  await using first = new HashThread();
  await using second = new HashThread();
  const total = sizes.reduce((sum, size) => sum + size, 0);
  let told = 0;
  const started: number[] = [];
  const report = await verifyStore(folder, {
    ...options(),
    hashers: [first, second],
    onStart: (bytes) => started.push(bytes),
    onBytes: (count) => (told += count),
  });
  expect(report).toEqual({ blobs: blobs.length, bytes: total, damaged: [] });
  expect({ told, started }).toEqual({ told: total, started: [total] });
});

test('what is damaged is named, and removed only on request', async () => {
  const { folder, blobs, path } = await filledStore();
  const [flipped, cut, grown] = [blobs.at(8), blobs.at(7), blobs.at(0)];
  if (flipped === undefined || cut === undefined || grown === undefined) throw new Error('no such blob');
  const otherBytes = Buffer.from(flipped);
  otherBytes.writeUInt8(otherBytes.readUInt8(2_999_999) ^ 1, 2_999_999);
  for (const bytes of [flipped, cut, grown]) await chmod(path(bytes), 0o644);
  await writeFile(path(flipped), otherBytes);
  await truncate(path(cut), 999_999);
  await writeFile(path(grown), 'x');
  const damaged = (isRemoved: boolean) =>
    [
      { bytes: flipped, now: otherBytes },
      { bytes: cut, now: cut.subarray(0, 999_999) },
      { bytes: grown, now: Buffer.from('x') },
    ]
      .map(({ bytes, now }) => ({
        digest: digestOf(bytes),
        path: path(bytes),
        size: now.length,
        received: digestOf(now),
        isRemoved,
      }))
      .toSorted((one, other) => (one.digest < other.digest ? -1 : 1));
  expect((await verifyStore(folder, options())).damaged).toEqual(damaged(false));
  expect(await readdir(join(folder, 'blobs/sha256'))).toHaveLength(sizes.length);
  expect((await verifyStore(folder, { ...options(), isRepair: true })).damaged).toEqual(damaged(true));
  expect(await verifyStore(folder, options())).toMatchObject({ blobs: sizes.length - 3, damaged: [] });
  expect(await readdir(join(folder, 'ingest'))).toEqual([]);
});

test('a blob that is verified is not used by that, and partial blobs are not looked at', async () => {
  const { folder, path, blobs } = await filledStore();
  await writeFile(newPartialPath(folder, digestOf('partial')), 'par');
  const before = (await stat(path(blobs[3] ?? Buffer.alloc(0)))).mtimeMs;
  expect(await verifyStore(folder, options())).toMatchObject({ blobs: sizes.length });
  expect((await stat(path(blobs[3] ?? Buffer.alloc(0)))).mtimeMs).toBe(before);
  expect(await readdir(folder)).not.toContain('leases');
});

test('a verification that is interrupted ends', async () => {
  const { folder } = await filledStore();
  const interrupt = new AbortController();
  const verifying = verifyStore(folder, {
    ...options(),
    signal: interrupt.signal,
    onBytes: () => interrupt.abort(new Error('enough')),
  });
  await expect(verifying).rejects.toThrow('enough');
});

test('no store is no whole store', async () => {
  const error = await rejection(verifyStore(join(await temporaryFolder(), 'none'), options()));
  expect(error).toMatchObject({ code: 'STORE_NOT_FOUND', kind: 'notFound' });
});

function options(): VerifyStoreOptions {
  return {
    hashers: [hashHere],
    isRepair: false,
    signal: new AbortController().signal,
    onStart: () => undefined,
    onBytes: () => undefined,
  };
}

async function filledStore() {
  const folder = join(await temporaryFolder(), 'store');
  const store = await BlobStore.open(folder);
  const blobs = sizes.map((size, seed) => seededBytes({ seed, size }));
  for (const bytes of blobs) await store.ingest(identityOf(bytes), inPieces(bytes));
  await store[Symbol.asyncDispose]();
  await rm(join(folder, 'leases'), { recursive: true });
  return { folder, blobs, path: (bytes: Buffer) => join(folder, 'blobs/sha256', digestHex(digestOf(bytes))) };
}
