import { createHash } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';

import * as fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';

import { hashHere, HashThread } from '../../src/io/hash-thread.ts';
import type { Hasher } from '../../src/io/hash-thread.ts';
import { BlobStore } from '../../src/store/blob-store.ts';
import { BufferPool, bufferSize } from '../../src/store/buffer-pool.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { allBytes, identityOf, inPieces, seededBytes } from './seeded-blob.ts';

test('buffers that were given back are used again, each by one at a time', () => {
  const pool = new BufferPool();
  const [first, second] = [pool.take(bufferSize), pool.take(bufferSize)];
  expect(first).not.toBe(second);
  pool.give(first);
  expect(pool.take(bufferSize)).toBe(first);
  expect(pool.take(bufferSize)).not.toBe(second);
});

test('small ones are not kept, and nobody gets one of another size', () => {
  const pool = new BufferPool();
  pool.give(pool.take(100));
  expect(pool.take(100)).toHaveLength(100);
  expect(pool.take(bufferSize)).toHaveLength(bufferSize);
  pool.give(pool.take(bufferSize));
  expect(pool.take(100)).toHaveLength(100);
});

test('what is taken can be read by another thread where it is', () => {
  expect(new BufferPool().take(100).buffer).toBeInstanceOf(SharedArrayBuffer);
});

const ends = ['well', 'cut', 'wrong', 'too long', 'abort'] as const;

/** How each of many blobs comes in, some of them wrong, cut off or aborted in the middle. */
const arrival = fc.record({
  size: fc.oneof(
    fc.nat({ max: 4 * bufferSize }),
    fc.constantFrom(bufferSize, 2 * bufferSize, 3 * bufferSize),
  ),
  piece: fc.integer({ min: 50_000, max: 1_500_000 }),
  end: fc.constantFrom(...ends),
});

interface Arrival {
  readonly size: number;
  readonly piece: number;
  readonly end: (typeof ends)[number];
}

test('blobs that come in at once, in a thread that hashes, are each what they should be', async () => {
  const thread = new HashThread();
  onTestFinished(async () => await thread[Symbol.asyncDispose]());
  expect(await wrongBlobs(thread)).toEqual([]);
});

test('nobody gets a buffer that is still being hashed, whatever happens to the blob', async () => {
  const changed: number[] = [];
  expect(await wrongBlobs(slowHasher(changed))).toEqual([]);
  expect(changed).toEqual([]);
});

/** Lets many blobs come in twice: what failed the first time comes well the second. @returns those that did not */
async function wrongBlobs(hasher: Hasher): Promise<readonly string[]> {
  const wrong: string[] = [];
  await fc.assert(
    fc.asyncProperty(fc.array(arrival, { minLength: 1, maxLength: 12 }), async (arrivals) => {
      const folder = join(await temporaryFolder(), 'store');
      const store = await BlobStore.open(folder, hasher);
      const blobs = arrivals.map((each, seed) => ({
        ...each,
        bytes: seededBytes({ seed, size: each.size }),
      }));
      await Promise.allSettled(blobs.map(async (blob) => await takeIn(store, blob.bytes, blob)));
      await Promise.all(
        blobs.map(async (blob) => await takeIn(store, blob.bytes, { piece: blob.piece, end: 'well' })),
      );
      for (const { bytes } of blobs) {
        const stored = await allBytes(await store.open(identityOf(bytes)));
        if (!stored.equals(bytes)) wrong.push(identityOf(bytes).digest);
      }
      wrong.push(...(await readdir(join(folder, 'ingest'))));
      await rm(folder, { recursive: true });
      expect(wrong).toEqual([]);
    }),
    { numRuns: 10 },
  );
  return wrong;
}

async function takeIn(
  store: BlobStore,
  bytes: Buffer,
  { piece, end }: Pick<Arrival, 'piece' | 'end'>,
): Promise<void> {
  const abort = new AbortController();
  async function* content(start: number) {
    const middle = Math.max(start, Math.floor(bytes.length / 2));
    yield* inPieces(bytes.subarray(start, middle), piece);
    if (end === 'cut') throw new Error('cut');
    if (end === 'abort') abort.abort();
    const rest = bytes.subarray(middle);
    yield* inPieces(end === 'wrong' ? Buffer.alloc(rest.length) : rest, piece);
    if (end === 'too long') yield Buffer.alloc(1);
  }
  await store.ingestFrom(identityOf(bytes), async (start) => await Promise.resolve(content(start)), {
    signal: abort.signal,
  });
}

/** Looks whether the bytes stay what they are as long as it has them. */
function slowHasher(changed: number[]): Hasher {
  const digestOf = (bytes: Uint8Array): string => createHash('sha1').update(bytes).digest('hex');
  return {
    begin: () => {
      const hash = hashHere.begin();
      const watch = async (bytes: Uint8Array): Promise<void> => {
        const before = digestOf(bytes);
        for (let turn = 0; turn < 30; turn += 1) await setImmediate();
        if (digestOf(bytes) !== before) changed.push(bytes.length);
      };
      return {
        update: async (bytes) => {
          await watch(bytes);
          await hash.update(bytes);
        },
        updateAndWrite: async (bytes, place) => {
          await watch(bytes);
          await hash.updateAndWrite(bytes, place);
        },
        digest: async () => await hash.digest(),
      };
    },
  };
}

test('a thread that has ended fails the blob, which is gone on with later', async () => {
  const folder = join(await temporaryFolder(), 'store');
  const thread = new HashThread();
  onTestFinished(async () => await thread[Symbol.asyncDispose]());
  const store = await BlobStore.open(folder, thread);
  const bytes = seededBytes({ seed: 1, size: 3 * bufferSize });
  async function* content() {
    // The second buffer is not filled before the first is written.
    yield* inPieces(bytes.subarray(0, 2 * bufferSize));
    await thread[Symbol.asyncDispose]();
    yield* inPieces(bytes.subarray(2 * bufferSize));
  }
  const ingesting = store.ingestFrom(identityOf(bytes), async () => await Promise.resolve(content()));
  await expect(ingesting).rejects.toThrow('the hashing thread has ended');
  const again = await BlobStore.open(folder);
  const report = await again.ingestFrom(
    identityOf(bytes),
    async (start) => await Promise.resolve(inPieces(bytes.subarray(start))),
  );
  expect(report.resumed).toBeGreaterThanOrEqual(bufferSize);
  expect((await allBytes(await again.open(identityOf(bytes)))).equals(bytes)).toBe(true);
});
