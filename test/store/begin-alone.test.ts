import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import { BlobStore } from '../../src/store/blob-store.ts';
import { leftPath, newPartialPath } from '../../src/store/partial-blobs.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { pieceSize } from './ingesting-process.ts';
import { identityOf, inPieces, mebibyte, seededBytes } from './seeded-blob.ts';
import { startIngesting } from './start-ingesting.ts';

const blob = { seed: 1, size: 4 * mebibyte };
const bytes = seededBytes(blob);
const pieces = blob.size / pieceSize;

describe('a blob that another process is receiving', () => {
  test('is waited for, and received once', async () => {
    const { folder, store, ingest } = await emptyStore();
    const owner = startIngesting({ folder, blobs: [blob], isPaced: true });
    owner.feed(4);
    await owner.until(({ received }) => received === 4 * pieceSize);
    const second = ingest();
    const small = Array.from({ length: 8 }, (_, index) => ({ seed: 100 + index, size: 100_000 }));
    const third = startIngesting({ folder, blobs: [blob, ...small] });
    // The third could have received the blob by then; the owner shows all the while that it is at it.
    for (let ended = 0; ended < small.length; ended += 1) {
      await third.until(({ seed, report }) => seed !== blob.seed && report !== undefined);
      owner.feed(1);
    }
    owner.feed(pieces - 4 - small.length);
    const ofOwner = await owner.end();
    expect(ofOwner.at(-1)?.report).toEqual({ received: blob.size, resumed: 0, reused: false });
    expect(await second).toEqual({ report: { received: 0, resumed: 0, reused: true }, start: undefined });
    const ofThird = await third.end();
    expect(ofThird.filter(({ seed }) => seed === blob.seed)).toEqual([
      { seed: 1, report: { received: 0, resumed: 0, reused: true } },
    ]);
    expect(await readdir(join(folder, 'ingest'))).toEqual([]);
    await store[Symbol.asyncDispose]();
  });

  test('is gone on with at once when that process is killed', async () => {
    const { folder, ingest } = await emptyStore();
    const owner = startIngesting({ folder, blobs: [blob], isPaced: true });
    owner.feed(8);
    await owner.until(({ received }) => received === 8 * pieceSize);
    const second = ingest();
    await owner.kill();
    const { report, start = 0 } = await second;
    // All but the buffers that were not written yet.
    expect(start).toBeGreaterThanOrEqual(6 * pieceSize);
    expect(report).toEqual({ received: blob.size - start, resumed: start, reused: false });
  });

  test('is gone on with when that process gives it up', async () => {
    const { folder, store, ingest } = await emptyStore();
    await using other = await BlobStore.open(folder);
    await other.sizeOf(digestOf(bytes));
    const gate = Promise.withResolvers<void>();
    const failing = other.ingestFrom(identityOf(bytes), async () => {
      await Promise.resolve();
      return (async function* () {
        yield bytes.subarray(0, mebibyte);
        await gate.promise;
        throw new Error('cut');
      })();
    });
    await until(async () => (await readdir(join(folder, 'ingest'))).length === 1);
    const second = ingest();
    gate.resolve();
    await expect(failing).rejects.toThrow('cut');
    expect(await second).toEqual({
      report: { received: blob.size - mebibyte, resumed: mebibyte, reused: false },
      start: mebibyte,
    });
    await store[Symbol.asyncDispose]();
  });

  test('is waited for no longer than until the signal is aborted', async () => {
    const { folder, store } = await emptyStore();
    const owner = startIngesting({ folder, blobs: [blob], isPaced: true });
    owner.feed(4);
    await owner.until(({ received }) => received === 4 * pieceSize);
    const interrupt = new AbortController();
    const waiting = store.ingestFrom(identityOf(bytes), never, { signal: interrupt.signal });
    await until(async () => (await readdir(join(folder, 'leases'))).length === 2);
    interrupt.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await owner.kill();
  });
});

describe('nobody is waited for', () => {
  test('when the owner of a young partial blob is no process that is alive', async () => {
    const { folder, ingest } = await emptyStore();
    await writeFile(newPartialPath(folder, digestOf(bytes)), bytes.subarray(0, mebibyte));
    expect(await ingest()).toMatchObject({ start: mebibyte });
  });

  test('when a living process needs the blob, and it was left by another', async () => {
    const { folder, ingest } = await emptyStore();
    await using other = await BlobStore.open(folder);
    await other.sizeOf(digestOf(bytes));
    await writeFile(leftPath(newPartialPath(folder, digestOf(bytes))), bytes.subarray(0, mebibyte));
    expect(await ingest()).toMatchObject({ start: mebibyte });
  });

  test('when the owner of a young partial blob is dead, while others need the blob', async () => {
    const { folder, ingest } = await emptyStore();
    await using other = await BlobStore.open(folder);
    await other.sizeOf(digestOf(bytes));
    await writeFile(newPartialPath(folder, digestOf(bytes), '0123456789ab'), bytes.subarray(0, mebibyte));
    expect(await ingest()).toMatchObject({ start: mebibyte });
  });
});

test.each([0, mebibyte])(
  'of many that begin in the same moment one receives it, from byte %i',
  async (there) => {
    const { folder } = await emptyStore();
    if (there > 0)
      await writeFile(newPartialPath(folder, digestOf(bytes), '0123456789ab'), bytes.subarray(0, there));
    const stores = await Promise.all(Array.from({ length: 8 }, async () => await BlobStore.open(folder)));
    const reports = await Promise.all(
      stores.map(
        async (store) =>
          await store.ingestFrom(identityOf(bytes), async (start) => {
            await Promise.resolve();
            return inPieces(bytes.subarray(start));
          }),
      ),
    );
    expect(reports.filter(({ reused }) => !reused)).toEqual([
      { received: blob.size - there, resumed: there, reused: false },
    ]);
    expect(await readdir(join(folder, 'ingest'))).toEqual([]);
    for (const store of stores) await store[Symbol.asyncDispose]();
  },
);

async function emptyStore() {
  const folder = join(await temporaryFolder(), 'store');
  const store = await BlobStore.open(folder);
  return {
    folder,
    store,
    /** Takes the blob in; where it began to receive. */
    ingest: async () => {
      let opened: number | undefined;
      const report = await store.ingestFrom(identityOf(bytes), async (start) => {
        opened = start;
        return await Promise.resolve(inPieces(bytes.subarray(start)));
      });
      return { report, start: opened };
    },
  };
}

async function never(): Promise<never> {
  await Promise.resolve();
  throw new Error('received though another one does');
}

/** Looks again and again; the time of a test ends it. */
async function until(look: () => Promise<boolean>): Promise<void> {
  while (!(await look()));
}
