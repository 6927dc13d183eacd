import { chmod, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { PaletteEdgeError } from '../../src/errors.ts';
import { digestHex } from '../../src/oci/digest.ts';
import { BlobStore } from '../../src/store/blob-store.ts';
import { rejection } from '../support/rejection.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { allBytes, identityOf, inPieces, mebibyte, seededBytes } from './seeded-blob.ts';

const bytes = seededBytes({ seed: 1, size: 3 * mebibyte + 5 });
const blob = identityOf(bytes);
const never = async (): Promise<never> => {
  throw await Promise.resolve(new Error('opened for nothing'));
};

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

describe('ingestFrom', () => {
  test('tells what it received, and reuses what is here', async () => {
    const { store } = await emptyStore();
    const counts: number[] = [];
    const report = await store.ingestFrom(blob, async (start) => await from(bytes, start), {
      onBytes: (count) => counts.push(count),
    });
    expect(report).toEqual({ received: blob.size, resumed: 0, reused: false });
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(blob.size);
    expect(await store.ingestFrom(blob, never)).toEqual({ received: 0, resumed: 0, reused: true });
  });

  test('a failure keeps every byte that was received, and the next run goes on from the last', async () => {
    const { store, file, ingest } = await emptyStore();
    await expect(store.ingestFrom(blob, cutAfter(1_000_001))).rejects.toThrow('cut');
    expect(await store.sizeOf(blob.digest)).toBeUndefined();
    expect(await store.partialSizes()).toEqual(new Map([[blob.digest, 1_000_001]]));
    const counts: number[] = [];
    const report = await store.ingestFrom(
      blob,
      async (start) => {
        expect(start).toBe(1_000_001);
        return await from(bytes, start);
      },
      { onBytes: (count) => counts.push(count) },
    );
    expect(report).toEqual({ received: blob.size - 1_000_001, resumed: 1_000_001, reused: false });
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(report.received);
    expect((await readFile(file)).equals(bytes)).toBe(true);
    expect(await readdir(ingest)).toEqual([]);
  });

  test('an abort keeps what was received, the last piece included', async () => {
    const { store } = await emptyStore();
    const abort = new AbortController();
    const reason = new Error('Ctrl-C');
    let received = 0;
    const ingesting = store.ingestFrom(blob, async () => await from(bytes, 0), {
      signal: abort.signal,
      onBytes: (count) => {
        received += count;
        if (received > 2 * mebibyte) abort.abort(reason);
      },
    });
    await expect(ingesting).rejects.toBe(reason);
    expect(await store.partialSizes()).toEqual(new Map([[blob.digest, received]]));
    const again = store.ingestFrom(blob, never, { signal: abort.signal });
    await expect(again).rejects.toBe(reason);
    await expect(store.ingest(blob, inPieces(bytes), abort.signal)).rejects.toBe(reason);
    await expect(store.sizeOf(blob.digest, abort.signal)).rejects.toBe(reason);
  });

  test('a partial blob that is complete needs nothing more', async () => {
    const { store, file } = await emptyStore();
    await expect(store.ingestFrom(blob, cutAfter(blob.size))).rejects.toThrow('cut');
    const report = await store.ingestFrom(blob, never);
    expect(report).toEqual({ received: 0, resumed: blob.size, reused: false });
    expect((await readFile(file)).equals(bytes)).toBe(true);
  });

  test('what fails before the first byte leaves nothing', async () => {
    const { store, ingest } = await emptyStore();
    const refused = new PaletteEdgeError('BLOB_NOT_FOUND', 'reading from x: not there', { kind: 'notFound' });
    const ingesting = store.ingestFrom(blob, async () => await Promise.reject(refused));
    await expect(ingesting).rejects.toBe(refused);
    expect(await readdir(ingest)).toEqual([]);
  });

  test('a system error of the content is not taken for one of the store', async () => {
    const { store } = await emptyStore();
    const failure = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
    const ingesting = store.ingestFrom(blob, async () => await Promise.reject(failure));
    await expect(ingesting).rejects.toBe(failure);
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

test('any pieces and any interruptions give the blob, and nothing is received twice', async () => {
  const interruption = fc.record({
    share: fc.double({ min: 0, max: 1, noNaN: true }),
    isAbort: fc.boolean(),
    piece: fc.integer({ min: 1, max: 700_000 }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 2.5 * mebibyte }),
      fc.array(interruption, { maxLength: 5 }),
      fc.integer({ min: 1, max: 1_500_000 }),
      async (size, interruptions, lastPiece) => {
        const content = seededBytes({ seed: size, size });
        const { store, ingest } = await emptyStore();
        let kept = 0;
        for (const { share, isAbort, piece } of interruptions) {
          const abort = new AbortController();
          const count = Math.floor((size - kept) * share);
          const end = kept + count;
          const source = async function* (start: number) {
            expect(start).toBe(kept);
            yield* inPieces(content.subarray(start, end), piece);
            if (!isAbort) throw new Error('cut');
            abort.abort(new Error('cut'));
            if (end < size) yield content.subarray(end, end + 1);
          };
          const { signal } = abort;
          const ingesting = store.ingestFrom(
            identityOf(content),
            async (start) => await Promise.resolve(source(start)),
            { signal },
          );
          const isDone = kept === size || (isAbort && end === size);
          if (isDone) {
            await ingesting;
            kept = size;
            continue;
          }
          await expect(ingesting).rejects.toThrow('cut');
          kept = isAbort ? end + 1 : end;
        }
        const report = await store.ingestFrom(
          identityOf(content),
          async (start) => await Promise.resolve(inPieces(content.subarray(start), lastPiece)),
        );
        expect(report.resumed + report.received).toBe(report.reused ? 0 : size);
        const stored = await allBytes(await store.open(identityOf(content)));
        expect(stored.equals(content)).toBe(true);
        expect(await readdir(ingest)).toEqual([]);
        await rm(store.folder, { recursive: true });
      },
    ),
    { numRuns: 40 },
  );
});

async function emptyStore() {
  const store = await BlobStore.open(join(await temporaryFolder(), 'store'));
  const file = join(store.folder, 'blobs/sha256', digestHex(blob.digest));
  return { store, file, ingest: join(store.folder, 'ingest') };
}

async function from(content: Uint8Array, start: number): Promise<AsyncIterable<Uint8Array>> {
  return await Promise.resolve(inPieces(content.subarray(start)));
}

/** A source that gives the blob up to a position and then fails. */
function cutAfter(end: number, error: Error = new Error('cut')) {
  async function* source(start: number) {
    yield* inPieces(bytes.subarray(start, end));
    throw error;
  }
  return async (start: number) => await Promise.resolve(source(start));
}
