import { chmod, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { PaletteEdgeError } from '../../src/errors.ts';
import { digestHex } from '../../src/oci/digest.ts';
import { rejection } from '../support/rejection.ts';
import { blob, bytes, cutAfter, emptyStore, from, never } from './empty-store.ts';
import { identityOf, inPieces, mebibyte, seededBytes } from './seeded-blob.ts';

describe('ingest', () => {
  test('a blob that was taken in is there, whole, read-only, and nothing else', async () => {
    const { store, file, ingest } = await emptyStore();
    expect(await store.sizeOf(blob.digest)).toBeUndefined();
    await store.ingest(blob, inPieces(bytes));
    expect(await store.sizeOf(blob.digest)).toBe(blob.size);
    expect((await readFile(file)).equals(bytes)).toBe(true);
    expect((await stat(file)).mode & 0o777).toBe(0o444);
    expect(await readdir(ingest)).toEqual([]);
  });

  test('an empty blob is a blob', async () => {
    const { store } = await emptyStore();
    const empty = identityOf(Buffer.alloc(0));
    await store.ingest(empty, inPieces(Buffer.alloc(0)));
    expect(await store.sizeOf(empty.digest)).toBe(0);
    const other = await emptyStore();
    expect(await rejection(other.store.ingest(empty, inPieces(bytes)))).toMatchObject({
      code: 'SIZE_MISMATCH',
    });
    expect(await other.store.ingestFrom(empty, never)).toMatchObject({ received: 0, reused: false });
  });

  test('the content of a blob that is here is not read', async () => {
    const { store, file } = await emptyStore();
    await store.ingest(blob, inPieces(bytes));
    const before = await stat(file);
    await store.ingest(blob, {
      [Symbol.asyncIterator]: () => {
        throw new Error('read for nothing');
      },
    });
    expect((await stat(file)).ino).toBe(before.ino);
  });

  test('it begins at the beginning, whatever partial blobs there are', async () => {
    const { store, ingest } = await emptyStore();
    await expect(store.ingestFrom(blob, cutAfter(2 * mebibyte))).rejects.toThrow('cut');
    await store.ingest(blob, inPieces(bytes));
    expect(await store.sizeOf(blob.digest)).toBe(blob.size);
    expect(await readdir(ingest)).toEqual([]);
  });

  test('the same blob many times at once', async () => {
    const { store, file, ingest } = await emptyStore();
    const small = seededBytes({ seed: 2, size: 100_000 });
    const jobs = Array.from({ length: 20 }, async (_, index) => {
      if (index % 2 === 0) return await store.ingest(identityOf(small), inPieces(small, 10_000));
      return await store.ingestFrom(identityOf(small), async (start) => await from(small, start));
    });
    await Promise.all(jobs);
    expect(await readFile(file.replace(digestHex(blob.digest), digestHex(identityOf(small).digest)))).toEqual(
      small,
    );
    expect(await readdir(ingest)).toEqual([]);
  });
});

describe('wrong content is never stored, and leaves nothing to go on with', () => {
  const other = seededBytes({ seed: 9, size: bytes.length });
  test.each([
    ['other bytes', other, 'DIGEST_MISMATCH'],
    ['too short', bytes.subarray(0, -1), 'SIZE_MISMATCH'],
    ['too long', Buffer.concat([bytes, Buffer.from('x')]), 'SIZE_MISMATCH'],
    ['nothing', Buffer.alloc(0), 'SIZE_MISMATCH'],
  ])('%s', async (_, content, code) => {
    const { store, ingest } = await emptyStore();
    for (const attempt of [
      async () => await store.ingest(blob, inPieces(content)),
      async () => await store.ingestFrom(blob, async (start) => await from(content, start)),
    ]) {
      const error = await rejection(attempt());
      expect(error).toMatchObject({ code, kind: 'content' });
      expect(error.message).toMatch(`writing to the store ${store.folder}: `);
    }
    expect(await store.sizeOf(blob.digest)).toBeUndefined();
    expect(await readdir(ingest)).toEqual([]);
  });

  test('a reader that says so itself', async () => {
    const { store, ingest } = await emptyStore();
    const mismatch = new PaletteEdgeError('DIGEST_MISMATCH', 'reading from x: …', { kind: 'content' });
    const ingesting = store.ingestFrom(blob, cutAfter(2 * mebibyte, mismatch));
    await expect(ingesting).rejects.toBe(mismatch);
    expect(await readdir(ingest)).toEqual([]);
  });

  test('a damaged partial blob costs one attempt', async () => {
    const { store, file, ingest } = await emptyStore();
    await expect(store.ingestFrom(blob, cutAfter(2 * mebibyte))).rejects.toThrow('cut');
    const [name = ''] = await readdir(ingest);
    const partial = await readFile(join(ingest, name));
    partial.writeUInt8(partial.readUInt8(1000) ^ 1, 1000);
    await writeFile(join(ingest, name), partial);
    const open = async (start: number) => await from(bytes, start);
    expect(await rejection(store.ingestFrom(blob, open))).toMatchObject({ code: 'DIGEST_MISMATCH' });
    expect(await readdir(ingest)).toEqual([]);
    expect(await store.ingestFrom(blob, open)).toMatchObject({ resumed: 0, received: blob.size });
    expect((await readFile(file)).equals(bytes)).toBe(true);
  });

  test('a descriptor that lies about the size does no harm to the right blob', async () => {
    const { store, file } = await emptyStore();
    await store.ingest(blob, inPieces(bytes));
    const lie = { ...blob, size: 5 };
    expect(await rejection(store.ingest(lie, inPieces(bytes.subarray(0, 5))))).toMatchObject({
      code: 'DIGEST_MISMATCH',
    });
    expect((await readFile(file)).equals(bytes)).toBe(true);
  });
});

test('a blob that was cut short on the disk is pulled again', async () => {
  const { store, file } = await emptyStore();
  await store.ingest(blob, inPieces(bytes));
  await chmod(file, 0o644);
  await truncate(file, 1000);
  expect(await store.sizeOf(blob.digest)).toBe(1000);
  const report = await store.ingestFrom(blob, async (start) => await from(bytes, start));
  expect(report).toEqual({ received: blob.size, resumed: 0, reused: false });
  expect((await readFile(file)).equals(bytes)).toBe(true);
});

test('a store that is gone says so, and what is in its place is not touched', async () => {
  const { store } = await emptyStore();
  await rm(store.folder, { recursive: true });
  const error = await rejection(store.ingest(blob, inPieces(bytes)));
  expect(error.message).toBe(`writing to the store ${store.folder} failed: no such file or folder`);
  await writeFile(store.folder, '');
  expect(await rejection(store.sizeOf(blob.digest))).toMatchObject({ code: 'NOT_A_FOLDER' });
});

test('a folder of blobs that is gone leaves the partial blob', async () => {
  const { store } = await emptyStore();
  await rm(join(store.folder, 'blobs'), { recursive: true });
  const error = await rejection(store.ingest(blob, inPieces(bytes)));
  expect(error).toMatchObject({ code: 'FILE_NOT_FOUND' });
  expect(await store.partialSizes()).toEqual(new Map([[blob.digest, blob.size]]));
});
