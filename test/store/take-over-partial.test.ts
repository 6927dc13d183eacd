import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { digestHex } from '../../src/oci/digest.ts';
import { BlobStore } from '../../src/store/blob-store.ts';
import { leftPath, newPartialPath } from '../../src/store/partial-blobs.ts';
import { rejection } from '../support/rejection.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { allBytes, identityOf, inPieces, mebibyte, seededBytes } from './seeded-blob.ts';

const bytes = seededBytes({ seed: 1, size: 4 * mebibyte });
const blob = identityOf(bytes);

describe('of the partial blobs of a dead owner and those that were left', () => {
  test('the largest is gone on with, and all are gone at the end', async () => {
    const { owned, left, resume, ingest } = await storeWithPartials();
    await owned(1000);
    await left(3000);
    await owned(5000);
    await left(4000);
    expect(await resume()).toEqual({ start: 5000 });
    expect(await readdir(ingest)).toEqual([]);
  });

  test('of equal ones, the one that need not be copied', async () => {
    const { owned, left, cut, ingest } = await storeWithPartials();
    const dead = await owned(5000);
    const { ino } = await stat(await left(5000));
    await cut(6000);
    const [name = '', ...others] = (await readdir(ingest)).filter((file) => file.endsWith('.left'));
    expect(others).toEqual([]);
    expect((await stat(join(ingest, name))).ino).toBe(ino);
    expect((await stat(dead)).size).toBe(5000);
  });

  test('one of more bytes than the blob is passed over until the blob is there', async () => {
    const { owned, left, resume, ingest } = await storeWithPartials();
    await owned(10, Buffer.alloc(blob.size + 1));
    await left(10, Buffer.alloc(blob.size + 1));
    await left(0);
    await left(20);
    expect(await resume()).toEqual({ start: 20 });
    expect(await readdir(ingest)).toEqual([]);
  });
});

describe('a partial blob that has an owner', () => {
  test('is copied, not written: a live owner goes on, and both end with the blob', async () => {
    const { store, resume, file, ingest } = await storeWithPartials();
    const gate = Promise.withResolvers<void>();
    const owner = startOwner(store, gate.promise);
    await owner.waits;
    const [name = ''] = await readdir(ingest);
    const before = await readFile(join(ingest, name));
    const { start } = await resume(async () => {
      expect(await readdir(ingest)).toHaveLength(2);
      expect((await readFile(join(ingest, name))).equals(before)).toBe(true);
    });
    expect(start).toBeGreaterThanOrEqual(2 * mebibyte);
    expect(await readdir(ingest)).toEqual([]);
    const { ino } = await stat(file);
    gate.resolve();
    expect(await owner.report).toEqual({ received: blob.size, resumed: 0, reused: false });
    expect((await readFile(file)).equals(bytes)).toBe(true);
    expect((await stat(file)).ino).toBe(ino);
    expect(await readdir(ingest)).toEqual([]);
  });

  test('a copy that fails leaves nothing behind, and the partial blob as it was', async () => {
    const { store, owned, ingest } = await storeWithPartials();
    const path = await owned(3 * mebibyte);
    const abort = new AbortController();
    const ingesting = store.ingestFrom(blob, async () => await Promise.reject(new Error('opened')), {
      signal: abort.signal,
    });
    abort.abort(new Error('Ctrl-C'));
    await expect(ingesting).rejects.toThrow('Ctrl-C');
    expect(await readdir(ingest)).toEqual([path.slice(ingest.length + 1)]);
    expect((await stat(path)).size).toBe(3 * mebibyte);
  });

  test('when it is damaged it goes with its copy, so that the next attempt begins anew', async () => {
    const { owned, resume, ingest } = await storeWithPartials();
    await owned(3000, Buffer.alloc(3000));
    expect(await rejection(resume())).toMatchObject({ code: 'DIGEST_MISMATCH' });
    expect(await readdir(ingest)).toEqual([]);
    expect(await resume()).toEqual({ start: 0 });
  });

  test('goes once it is copied when its owner has not written for long, so that crashes do not pile up', async () => {
    const { owned, cut, ingest } = await storeWithPartials();
    const dead = await owned(3000);
    const shorter = await owned(2000);
    const live = await owned(2000);
    for (const path of [dead, shorter]) await utimes(path, new Date(), new Date(Date.now() - 15_000));
    await cut(4000);
    const names = await readdir(ingest);
    expect(names.filter((name) => name.endsWith('.left'))).toHaveLength(1);
    expect(names.filter((name) => name.endsWith('.partial'))).toEqual([live.slice(ingest.length + 1)]);
  });
});

describe('an owner whose partial blob was removed', () => {
  test('stores the blob all the same: its open file has every byte', async () => {
    const { store, file, ingest } = await storeWithPartials();
    const gate = Promise.withResolvers<void>();
    const owner = startOwner(store, gate.promise);
    await owner.waits;
    for (const name of await readdir(ingest)) await rm(join(ingest, name));
    gate.resolve();
    expect(await owner.report).toEqual({ received: blob.size, resumed: 0, reused: false });
    expect((await readFile(file)).equals(bytes)).toBe(true);
    expect(await readdir(ingest)).toEqual([]);
  });

  test('fails as it would have failed, and leaves nothing', async () => {
    const { store, ingest } = await storeWithPartials();
    const gate = Promise.withResolvers<void>();
    const owner = startOwner(store, gate.promise);
    await owner.waits;
    for (const name of await readdir(ingest)) await rm(join(ingest, name));
    gate.reject(new Error('connection lost'));
    await expect(owner.report).rejects.toThrow('connection lost');
    expect(await readdir(ingest)).toEqual([]);
  });

  test('is not surprised by a folder that is gone as well', async () => {
    const { store, ingest } = await storeWithPartials();
    const gate = Promise.withResolvers<void>();
    const owner = startOwner(store, gate.promise);
    await owner.waits;
    await rm(ingest, { recursive: true });
    gate.resolve();
    expect(await rejection(owner.report)).toMatchObject({ code: 'FILE_NOT_FOUND' });
  });
});

test('a blob that appears while a partial blob is hashed is taken as it is', async () => {
  const { store, left, file, ingest } = await storeWithPartials();
  await left(2 * mebibyte);
  const signal = whileHashing(() => writeFileSync(file, bytes));
  const opened = new Error('opened for nothing');
  const report = await store.ingestFrom(blob, async () => await Promise.reject(opened), { signal });
  expect(report).toEqual({ received: 0, resumed: 0, reused: true });
  expect(await readdir(ingest)).toEqual([]);
});

test('a partial blob that was left long ago shows from the first moment that it has an owner again', async () => {
  const { store, left, ingest } = await storeWithPartials();
  await utimes(await left(2 * mebibyte), 0, 0);
  const signal = whileHashing(() => {
    const [name = ''] = readdirSync(ingest);
    expect(name).toMatch(/\.partial$/);
    expect(Date.now() - statSync(join(ingest, name)).mtimeMs).toBeLessThan(60_000);
  });
  await store.ingestFrom(blob, async (start) => await Promise.resolve(inPieces(bytes.subarray(start))), {
    signal,
  });
  expect.assertions(2);
});

/** A signal that does something once, in the middle: it is looked at before all else, and then with every piece hashed. */
function whileHashing(act: () => void): AbortSignal {
  const { signal } = new AbortController();
  let looks = 0;
  signal.throwIfAborted = () => {
    looks += 1;
    if (looks === 2) act();
  };
  return signal;
}

async function storeWithPartials() {
  const store = await BlobStore.open(join(await temporaryFolder(), 'store'));
  const owned = async (size: number, content: Uint8Array = bytes.subarray(0, size)) => {
    const path = newPartialPath(store.folder, blob.digest);
    await writeFile(path, content);
    return path;
  };
  return {
    store,
    file: join(store.folder, 'blobs/sha256', digestHex(blob.digest)),
    ingest: join(store.folder, 'ingest'),
    owned,
    left: async (size: number, content?: Uint8Array) => {
      const path = leftPath(newPartialPath(store.folder, blob.digest));
      await writeFile(path, content ?? bytes.subarray(0, size));
      return path;
    },
    /** Takes the blob in; where it went on from. */
    resume: async (look: () => Promise<void> = async () => await Promise.resolve()) => {
      let opened: number | undefined;
      await store.ingestFrom(blob, async (start) => {
        opened = start;
        await look();
        return inPieces(bytes.subarray(start));
      });
      const stored = await allBytes(await store.open(blob));
      expect(stored.equals(bytes)).toBe(true);
      return { start: opened };
    },
    /** Receives up to a position, and fails there. */
    cut: async (end: number) => {
      async function* source(start: number) {
        yield await Promise.resolve(bytes.subarray(start, end));
        throw new Error('cut');
      }
      const ingesting = store.ingestFrom(blob, async (start) => await Promise.resolve(source(start)));
      await expect(ingesting).rejects.toThrow('cut');
    },
  };
}

/** An owner that has 3 MiB, of which at least 2 are in its file, and waits for the rest. */
function startOwner(store: BlobStore, gate: Promise<void>) {
  const waiting = Promise.withResolvers<void>();
  async function* source() {
    yield bytes.subarray(0, 3 * mebibyte);
    waiting.resolve();
    await gate;
    yield bytes.subarray(3 * mebibyte);
  }
  const report = store.ingestFrom(blob, async () => await Promise.resolve(source()));
  return { waits: waiting.promise, report };
}
