import { chmod, readdir, readFile, rename, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { digestHex, digestOf } from '../../src/oci/digest.ts';
import { BlobStore } from '../../src/store/blob-store.ts';
import { leftPath, listPartials, newPartialPath } from '../../src/store/partial-blobs.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { pieceSize } from './ingesting-process.ts';
import { allBytes, identityOf, inPieces, mebibyte, seededBytes } from './seeded-blob.ts';
import type { SeededBlob } from './seeded-blob.ts';
import { startIngesting } from './start-ingesting.ts';

/** What root becomes to be refused anything; everybody else is refused it as they are. */
const nobody = process.getuid?.() === 0 ? 65_534 : undefined;

describe('kill -9', () => {
  test('of a process half-way: the run that follows at once goes on from where it was', async () => {
    const folder = await storeFolder();
    const blob = { seed: 1, size: 8 * mebibyte };
    const bytes = seededBytes(blob);
    let before = 0;
    for (const received of [3 * mebibyte, 2 * mebibyte]) {
      const process = startIngesting({ folder, blobs: [blob], isPaced: true });
      process.feed(received / pieceSize);
      await process.until((event) => event.received === received);
      const events = await process.kill();
      expect(events.find(({ start }) => start !== undefined)?.start).toBeGreaterThanOrEqual(before);
      before += received - mebibyte;
    }
    const store = await BlobStore.open(folder);
    const [kept] = (await store.partialSizes()).values();
    let opened = 0;
    const report = await store.ingestFrom(identityOf(bytes), async (start) => {
      opened = start;
      return await Promise.resolve(inPieces(bytes.subarray(start)));
    });
    // Of each process at most the buffer that it was filling and the one that it was writing are lost.
    expect(opened).toBeGreaterThanOrEqual(2 * mebibyte);
    expect(opened).toBeLessThanOrEqual(5 * mebibyte);
    expect(opened).toBe(kept);
    expect(report).toEqual({ received: blob.size - opened, resumed: opened, reused: false });
    expect((await read(store, bytes)).equals(bytes)).toBe(true);
    expect(await readdir(join(folder, 'ingest'))).toEqual([]);
  });

  test('right after it copied what was there: the copy is as good as what it was copied from', async () => {
    const folder = await storeFolder();
    const store = await BlobStore.open(folder);
    const blob = { seed: 1, size: 4 * mebibyte };
    const bytes = seededBytes(blob);
    const dead = newPartialPath(folder, digestOf(bytes));
    await writeFile(dead, bytes.subarray(0, 1_500_000));
    await utimes(dead, new Date(), new Date(Date.now() - 15_000));
    const process = startIngesting({ folder, blobs: [blob], isPaced: true });
    await process.until(({ start }) => start !== undefined);
    await process.kill();
    await expect(stat(dead)).rejects.toMatchObject({ code: 'ENOENT' });
    expect((await store.partialSizes()).get(digestOf(bytes))).toBe(1_500_000);
  });

  test('at any moment: no finished blob is lost, no name stands for half a blob', async () => {
    const folder = await storeFolder();
    const blobs = Array.from({ length: 200 }, (_, seed) => ({ seed, size: (seed * 7919) % 300_000 }));
    const finished = new Set<number>();
    for (const moment of [1, 2, 5, 9, 14]) {
      const process = startIngesting({ folder, blobs });
      for (let told = 0; told < moment; told += 1)
        await process.until(({ report }) => report?.reused === false);
      for (const { seed, report } of await process.kill()) if (report !== undefined) finished.add(seed);
      const names = new Set(await verifiedNames(folder));
      for (const seed of finished) expect(names).toContain(nameOf(blobs[seed]));
    }
    expect(finished.size).toBeGreaterThanOrEqual(31);
    await startIngesting({ folder, blobs }).end();
    expect(await verifiedNames(folder)).toEqual(blobs.map(nameOf).toSorted());
    await BlobStore.open(folder);
    expect(await readdir(join(folder, 'ingest'))).toEqual([]);
  });
});

test('processes that ingest the same blobs at once, some of them half there', async () => {
  const folder = await storeFolder();
  const large = Array.from({ length: 4 }, (_, index) => ({ seed: 1000 + index, size: 4 * mebibyte + index }));
  const small = Array.from({ length: 80 }, (_, seed) => ({ seed, size: (seed * 7919) % 200_000 }));
  const killed = startIngesting({ folder, blobs: large, isPaced: true });
  killed.feed(40);
  await killed.until(({ received = 0 }) => received >= 2.5 * mebibyte);
  await killed.kill();
  expect(await readdir(join(folder, 'ingest'))).toHaveLength(4);
  const processes = [
    startIngesting({ folder, blobs: [...large, ...small] }),
    startIngesting({ folder, blobs: [...large, ...small] }),
    startIngesting({ folder, blobs: [...small, ...large].toReversed() }),
  ];
  const events = (await Promise.all(processes.map(async (process) => await process.end()))).flat();
  expect(events.filter(({ failed }) => failed !== undefined)).toEqual([]);
  expect(events.filter(({ report }) => report !== undefined)).toHaveLength(3 * 84);
  expect(events.some(({ report }) => (report?.resumed ?? 0) >= mebibyte)).toBe(true);
  expect(await verifiedNames(folder)).toEqual([...large, ...small].map(nameOf).toSorted());
  expect(await readdir(join(folder, 'ingest'))).toEqual([]);
});

describe('a disk that takes no more', () => {
  const blocksOf2MiB = 4096;

  test('says so, keeps what it has, and the next run goes on with it', async () => {
    const folder = await storeFolder();
    const blob = { seed: 1, size: 5 * mebibyte };
    const events = await startIngesting(
      { folder, blobs: [{ seed: 2, size: 1000 }, blob] },
      blocksOf2MiB,
    ).end();
    const { failed } = events.find((event) => event.failed !== undefined) ?? {};
    expect(failed).toMatchObject({ code: 'FILE_TOO_LARGE', kind: 'disk' });
    expect(failed?.message).toMatch(/^writing to the store .* failed: the file is too large /);
    expect(await verifiedNames(folder)).toEqual([nameOf({ seed: 2, size: 1000 })]);
    const [name] = await readdir(join(folder, 'ingest'));
    expect(name).toMatch(/\.left$/);
    const bytes = seededBytes(blob);
    const store = await BlobStore.open(folder);
    const report = await store.ingestFrom(
      identityOf(bytes),
      async (start) => await Promise.resolve(inPieces(bytes.subarray(start))),
    );
    expect(report.resumed).toBe(2 * mebibyte);
    expect((await read(store, bytes)).equals(bytes)).toBe(true);
  });

  test('while a partial blob is copied: the copy goes, the partial blob stays', async () => {
    const folder = await storeFolder();
    const blob = { seed: 1, size: 8 * mebibyte };
    const process = startIngesting({ folder, blobs: [blob], isPaced: true });
    process.feed((6 * mebibyte) / pieceSize);
    await process.until(({ received }) => received === 6 * mebibyte);
    await process.kill();
    const before = await readdir(join(folder, 'ingest'));
    const path = join(folder, 'ingest', before[0] ?? '');
    const events = await startIngesting({ folder, blobs: [blob] }, blocksOf2MiB).end();
    expect(events).toHaveLength(1);
    expect(events[0]?.failed).toMatchObject({ kind: 'disk' });
    expect(events[0]?.failed?.suggestions).toEqual([
      expect.stringContaining('ulimit -f'),
      `If no other palette-edge is using the store, delete ${path}: the blob is pulled from its beginning.`,
    ]);
    expect(await readdir(join(folder, 'ingest'))).toEqual(before);
    const done = (await startIngesting({ folder, blobs: [blob] }).end()).at(-1);
    expect(done?.report?.resumed).toBeGreaterThanOrEqual(5 * mebibyte);
  });
});

test('a user who may not write is told so, and may read what is there', async () => {
  const folder = await storeFolder();
  const there = { seed: 1, size: 1000 };
  await startIngesting({ folder, blobs: [there] }).end();
  const ingest = join(folder, 'ingest');
  // To be removed when the store is opened, by those who may.
  await writeFile(newPartialPath(folder, digestOf(seededBytes(there))), 'x');
  // mkdtemp makes folders that nobody else may enter.
  await chmod(join(folder, '..'), 0o755);
  await chmod(ingest, 0o555);
  const job = { folder, blobs: [there, { seed: 2, size: 1000 }], user: nobody };
  const events = await startIngesting(job).end();
  await chmod(ingest, 0o755);
  expect(events).toContainEqual({ seed: 1, report: { received: 0, resumed: 0, reused: true } });
  expect(events).toContainEqual({
    seed: 2,
    failed: {
      code: 'DISK_PERMISSION',
      kind: 'disk',
      message: `writing to the store ${folder} failed: permission denied`,
      suggestions: ['Check the owner and mode of the file and its folder.'],
    },
  });
});

test('a partial blob of another user is left to that user', async () => {
  const folder = await storeFolder();
  await BlobStore.open(folder);
  const blob = { seed: 1, size: 10_000 };
  const bytes = seededBytes(blob);
  const sizes = [3000, 5000, 4000];
  const [mine = '', foreign = '', foreignToo = ''] = sizes.map(() => newPartialPath(folder, digestOf(bytes)));
  for (const [index, path] of [mine, foreign, foreignToo].entries()) {
    await writeFile(path, bytes.subarray(0, sizes[index]));
  }
  // To write it, to read it.
  await rename(foreign, leftPath(foreign));
  await chmod(leftPath(foreign), 0o444);
  await chmod(foreignToo, 0o000);
  await utimes(foreignToo, new Date(), new Date(Date.now() - 15_000));
  for (const path of [folder, join(folder, '..'), join(folder, 'ingest')]) await chmod(path, 0o777);
  const process = startIngesting({ folder, blobs: [blob], isPaced: true, user: nobody });
  await process.until(({ start }) => start !== undefined);
  const others = (await listPartials(folder)).filter(({ size }) => size > 3000);
  expect(new Map(others.map(({ size, isLeft }) => [size, isLeft]))).toEqual(
    new Map([
      [4000, false],
      [5000, true],
    ]),
  );
  expect(await process.kill()).toEqual([{ seed: 1, start: 3000 }]);
  expect((await stat(foreignToo)).size).toBe(4000);
});

test('a partial blob of another user that may be written is gone on with', async () => {
  const folder = await storeFolder();
  await BlobStore.open(folder);
  const blob = { seed: 1, size: 10_000 };
  const bytes = seededBytes(blob);
  const path = leftPath(newPartialPath(folder, digestOf(bytes)));
  await writeFile(path, bytes.subarray(0, 5000));
  await chmod(path, 0o666);
  for (const open of [folder, join(folder, '..'), join(folder, 'ingest'), join(folder, 'blobs/sha256')]) {
    await chmod(open, 0o777);
  }
  const events = await startIngesting({ folder, blobs: [blob], user: nobody }).end();
  expect(events.at(-1)).toEqual({ seed: 1, report: { received: 5000, resumed: 5000, reused: false } });
  expect(await verifiedNames(folder)).toEqual([nameOf(blob)]);
});

async function storeFolder(): Promise<string> {
  return join(await temporaryFolder(), 'store');
}

async function read(store: BlobStore, bytes: Uint8Array): Promise<Buffer> {
  return await allBytes(await store.open(identityOf(bytes)));
}

/** The names of all finished blobs, each of which is what its name says. */
async function verifiedNames(folder: string): Promise<string[]> {
  const names = await readdir(join(folder, 'blobs/sha256'));
  for (const name of names) {
    const bytes = await readFile(join(folder, 'blobs/sha256', name));
    expect(digestHex(digestOf(bytes))).toBe(name);
  }
  return names.toSorted();
}

function nameOf(blob: SeededBlob | undefined): string {
  if (blob === undefined) throw new Error('no such blob');
  return digestHex(digestOf(seededBytes(blob)));
}
