import { chmod, mkdir, readdir, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import type { BlobRange } from '../../src/oci/blob-access.ts';
import { digestHex, digestOf } from '../../src/oci/digest.ts';
import { BlobStore } from '../../src/store/blob-store.ts';
import { rejection } from '../support/rejection.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { allBytes, identityOf, inPieces, mebibyte, seededBytes } from './seeded-blob.ts';

const bytes = seededBytes({ seed: 1, size: 3 * mebibyte + 5 });
const blob = identityOf(bytes);

test('a whole blob, in pieces that the reader may keep', async () => {
  const { read } = await storeWithBlob();
  expect((await read()).equals(bytes)).toBe(true);
});

test('an empty blob', async () => {
  const { store } = await storeWithBlob();
  const empty = identityOf(Buffer.alloc(0));
  await store.ingest(empty, inPieces(Buffer.alloc(0)));
  expect(await allBytes(await store.open(empty))).toHaveLength(0);
});

test('any range', async () => {
  const { read } = await storeWithBlob();
  const position = fc.integer({ min: 0, max: blob.size });
  await fc.assert(
    fc.asyncProperty(position, position, fc.boolean(), async (one, other, isOpen) => {
      const range = isOpen ? { start: one } : { start: Math.min(one, other), end: Math.max(one, other) };
      expect((await read(range)).equals(bytes.subarray(range.start, range.end))).toBe(true);
    }),
    { numRuns: 50 },
  );
});

test.each([{ start: -1 }, { start: 2, end: 1 }, { start: 0, end: blob.size + 1 }])(
  'the range %o is a bug of the caller',
  async (range) => {
    const { store } = await storeWithBlob();
    await expect(store.open(blob, { range })).rejects.toThrow(RangeError);
  },
);

test('a blob that is not here', async () => {
  const { store, file } = await storeWithBlob();
  const other = { digest: digestOf('other'), size: 5 };
  const error = await rejection(store.open(other));
  expect(error).toMatchObject({ code: 'BLOB_NOT_FOUND', kind: 'notFound' });
  expect(error.message).toBe(`reading from the store ${store.folder}: ${other.digest} is not in the store`);
  const content = await store.open(blob);
  await rm(file);
  expect(await rejection(allBytes(content))).toMatchObject({ code: 'BLOB_NOT_FOUND' });
});

test('an abort ends reading; a reader that stops early, or never begins, leaves no file open', async () => {
  const { store } = await storeWithBlob();
  const before = await openFiles();
  const abort = new AbortController();
  const content = await store.open(blob, { signal: abort.signal });
  await store.open(blob);
  for await (const piece of await store.open(blob)) {
    expect(piece.length).toBeLessThan(bytes.length);
    break;
  }
  const reading = (async () => {
    for await (const _ of content) abort.abort(new Error('Ctrl-C'));
  })();
  await expect(reading).rejects.toThrow('Ctrl-C');
  await expect(store.open(blob, { signal: abort.signal })).rejects.toThrow('Ctrl-C');
  expect(await openFiles()).toBe(before);
});

describe('a damaged blob', () => {
  test('is found when it is read whole, removed, and the next run pulls it again', async () => {
    const { store, read, file, damage } = await storeWithBlob();
    await damage();
    const error = await rejection(read());
    expect(error).toMatchObject({ code: 'DIGEST_MISMATCH', kind: 'content' });
    expect(error.message).toMatch(`reading from the store ${store.folder}: content does not match`);
    expect(error.suggestions).toEqual([
      'The damaged blob was removed from the store. Run the same command again: the blob is pulled again.',
    ]);
    await expect(stat(file)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await store.sizeOf(blob.digest)).toBeUndefined();
    expect(await readdir(join(store.folder, 'ingest'))).toEqual([]);
    const report = await store.ingestFrom(blob, async () => await Promise.resolve(inPieces(bytes)));
    expect(report.received).toBe(blob.size);
    expect((await read()).equals(bytes)).toBe(true);
  });

  test('that another process has put right meanwhile is left alone', async () => {
    const { store, read, file, damage } = await storeWithBlob();
    await damage();
    const content = await store.open(blob);
    const reading = (async () => {
      for await (const _ of content) {
        await rm(file, { force: true });
        await writeFile(file, bytes);
      }
    })();
    expect(await rejection(reading)).toMatchObject({ code: 'DIGEST_MISMATCH' });
    expect((await readFile(file)).equals(bytes)).toBe(true);
    expect(await readdir(join(store.folder, 'ingest'))).toEqual([]);
    expect((await read()).equals(bytes)).toBe(true);
  });

  test('that another process has removed is gone', async () => {
    const { store, file, damage } = await storeWithBlob();
    await damage();
    const content = await store.open(blob);
    const reading = (async () => {
      for await (const _ of content) await rm(file, { force: true });
    })();
    expect((await rejection(reading)).suggestions[0]).toMatch(/^The damaged blob was removed/);
  });

  test('that cannot be removed is named', async () => {
    const { store, read, file, damage } = await storeWithBlob();
    await damage();
    const deleteIt = `Delete ${file} and run the same command again: the blob is pulled again.`;
    // Without the folder nothing can be moved there, nor with a file in its place, not even by root.
    await rm(join(store.folder, 'ingest'), { recursive: true });
    expect((await rejection(read())).suggestions).toEqual([deleteIt]);
    await writeFile(join(store.folder, 'ingest'), '');
    expect((await rejection(read())).suggestions).toEqual([deleteIt]);
    expect(await store.sizeOf(blob.digest)).toBe(blob.size);
  });

  test('of another length is found at once, and not removed: the descriptor may be what is wrong', async () => {
    const { store, file } = await storeWithBlob();
    await chmod(file, 0o644);
    await truncate(file, 1000);
    for (const options of [{}, { range: { start: 0, end: 10 } }]) {
      const error = await rejection(store.open(blob, options));
      expect(error).toMatchObject({ code: 'SIZE_MISMATCH', kind: 'content' });
      expect(error.message).toContain(`expected ${blob.size} bytes, received 1000`);
      expect(error.suggestions[0]).toMatch(/^Run the same command again/);
    }
    expect((await stat(file)).size).toBe(1000);
  });

  test('that becomes shorter while a range is read', async () => {
    const { store, file } = await storeWithBlob();
    const content = await store.open(blob, { range: { start: 5 } });
    await chmod(file, 0o644);
    await truncate(file, 1000);
    expect(await rejection(allBytes(content))).toMatchObject({ code: 'SIZE_MISMATCH' });
  });
});

test('a blob that the disk does not give is named', async () => {
  const { store, file } = await storeWithBlob();
  const content = await store.open(blob);
  await rm(file);
  await symlink(file, file);
  const error = await rejection(allBytes(content));
  expect(error).toMatchObject({ code: 'DISK_FAILURE', kind: 'disk' });
  expect(error.message).toBe(`reading from the store ${store.folder}: ${blob.digest} failed: ELOOP`);
  expect(error.suggestions).toEqual([`If it fails again, delete ${file}: the blob is pulled again.`]);
  expect(await rejection(store.sizeOf(blob.digest))).toMatchObject({ code: 'DISK_FAILURE' });
});

test('a folder in place of a blob is no blob', async () => {
  const { store, file } = await storeWithBlob();
  await rm(file);
  await mkdir(file);
  expect(await store.sizeOf(blob.digest)).toBeUndefined();
  expect(await rejection(store.open(blob))).toMatchObject({ code: 'BLOB_NOT_FOUND' });
});

async function storeWithBlob() {
  const store = await BlobStore.open(join(await temporaryFolder(), 'store'));
  await store.ingest(blob, inPieces(bytes));
  const file = join(store.folder, 'blobs/sha256', digestHex(blob.digest));
  return {
    store,
    file,
    read: async (range?: BlobRange) => await allBytes(await store.open(blob, { range })),
    damage: async () => {
      await chmod(file, 0o644);
      const content = await readFile(file);
      content.writeUInt8(content.readUInt8(1000) ^ 1, 1000);
      await writeFile(file, content);
    },
  };
}

async function openFiles(): Promise<number> {
  return (await readdir('/proc/self/fd')).length;
}
