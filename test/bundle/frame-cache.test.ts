import { buffer } from 'node:stream/consumers';

import { describe, expect, test } from 'vitest';

import { BundleReader } from '../../src/bundle/bundle-reader.ts';
import { FrameCache } from '../../src/bundle/frame-cache.ts';
import type { BlobIdentity } from '../../src/oci/descriptor.ts';
import { memoryAccess, openSample, sampleBundle } from '../support/sample-bundle.ts';
import { sampleServedBundle } from '../support/sample-served-bundle.ts';

/** A blob as a stream and as a copy. */
async function readTwice(reader: BundleReader, blob: BlobIdentity): Promise<Uint8Array[]> {
  return [await buffer(await reader.open(blob)), await reader.copy(blob, { start: 0 })];
}

/** Reads of a frame, counted; each gives the key. */
function counted(cache: FrameCache) {
  const reads: string[] = [];
  const frame = async (key: string, size = 10) =>
    String(
      await cache.frame({
        key,
        size,
        read: async () => {
          reads.push(key);
          return await Promise.resolve(Buffer.from(key));
        },
      }),
    );
  return { reads, frame };
}

describe('frames', () => {
  test('are read once while they are kept, also by those who come before they are there', async () => {
    const { reads, frame } = counted(new FrameCache(100));
    expect(await Promise.all([frame('a'), frame('a'), frame('b')])).toEqual(['a', 'a', 'b']);
    expect(await frame('b')).toBe('b');
    expect(reads).toEqual(['a', 'b']);
  });

  test('that were used last stay when the others have to go', async () => {
    const cache = new FrameCache(30);
    const { reads, frame } = counted(cache);
    for (const key of ['a', 'b', 'c', 'a', 'd', 'a', 'b']) await frame(key);
    expect(reads).toEqual(['a', 'b', 'c', 'd', 'b']);
    expect(cache.bytes).toBe(30);
  });

  test('that are larger than the limit are kept one at a time', async () => {
    const cache = new FrameCache(30);
    const { reads, frame } = counted(cache);
    for (const key of ['a', 'b']) await frame(key);
    for (const key of ['large', 'large']) await frame(key, 1000);
    expect(cache.bytes).toBe(1000);
    await frame('a');
    expect(reads).toEqual(['a', 'b', 'large', 'a']);
    expect(cache.bytes).toBe(10);
  });

  test('that cannot be read are read again, and take no place', async () => {
    const cache = new FrameCache(30);
    const read = async () => await Promise.reject<Uint8Array>(new Error('damaged'));
    await expect(cache.frame({ key: 'a', size: 10, read })).rejects.toThrow('damaged');
    await expect(cache.use({ key: 'a', size: 10, read }, () => 1)).rejects.toThrow('damaged');
    expect(cache.bytes).toBe(0);
    const { frame } = counted(cache);
    expect(await frame('a')).toBe('a');
  });
});

describe('memory', () => {
  const size = 2 * 1024 * 1024;

  /** A cache that has room for one frame, and what its frames are made of. */
  function roomForOne() {
    const made: Buffer[] = [];
    const source = (key: string) => ({
      key,
      size,
      read: async () => {
        const bytes = Buffer.alloc(size, key);
        made.push(bytes);
        return await Promise.resolve(bytes);
      },
    });
    return { cache: new FrameCache(size), made, source };
  }

  const firstByte = (content: Uint8Array) => String.fromCodePoint(...content.subarray(0, 1));

  test('of a frame that was only looked at is given back when it is not kept', async () => {
    const { cache, made, source } = roomForOne();
    expect(await cache.use(source('a'), firstByte)).toBe('a');
    expect(made.map(({ length }) => length)).toEqual([size]);
    expect(await cache.use(source('b'), firstByte)).toBe('b');
    expect(made.map(({ length }) => length)).toEqual([0, size]);
  });

  test('of a frame that somebody has stays', async () => {
    const { cache, made, source } = roomForOne();
    const content = await cache.frame(source('a'));
    await cache.use(source('a'), firstByte);
    await cache.use(source('b'), firstByte);
    expect(cache.bytes).toBe(size);
    expect(firstByte(content)).toBe('a');
    expect(made.map(({ length }) => length)).toEqual([size, size]);
  });

  test('of a frame that is not kept stays until the last one has looked at it', async () => {
    const { cache, made, source } = roomForOne();
    const arrival = Promise.withResolvers<Uint8Array>();
    const late = { key: 'late', size, read: async () => await arrival.promise };
    const looking = [cache.use(late, firstByte), cache.use(late, firstByte)];
    expect(await cache.use(source('b'), firstByte)).toBe('b');
    const bytes = Buffer.alloc(size, 'l');
    arrival.resolve(bytes);
    expect(await Promise.all(looking)).toEqual(['l', 'l']);
    expect([bytes, ...made].map(({ length }) => length)).toEqual([0, size]);
  });
});

describe('bundles that share a cache', () => {
  test('keep no more together than one, however many there are', async () => {
    const { bytes, plan } = await sampleBundle();
    const limit = 40_000;
    const cache = new FrameCache(limit);
    const readers = await Promise.all(Array.from({ length: 50 }, async () => await openSample(bytes)));
    let most = 0;
    for (const { frames } of readers) frames.shareCache(cache);
    expect(readers.reduce((sum, { frames }) => sum + frames.tarSize, 0)).toBeGreaterThan(10 * limit);
    for (const reader of readers) {
      const reading = plan.inventory.blobs.map(async (blob) => {
        for await (const _ of await reader.open(blob)) most = Math.max(most, cache.bytes);
        await reader.copy(blob, { start: 0 });
        most = Math.max(most, cache.bytes);
      });
      await Promise.all(reading);
    }
    expect(most).toBeGreaterThan(limit / 2);
    expect(most).toBeLessThanOrEqual(limit);
  });

  test('have frames of their own, and give each other room', async () => {
    const [one, other] = [await sampleBundle(), await sampleServedBundle()];
    const cache = new FrameCache();
    let reads = 0;
    const open = async (bytes: Uint8Array) => {
      const access = memoryAccess(bytes);
      const read = async (position: number, length: number) => {
        reads += 1;
        return await access.read(position, length);
      };
      const reader = await BundleReader.open({ ...access, read }, 'counted');
      reader.frames.shareCache(cache);
      return reader;
    };
    const readers = [
      { reader: await open(one.bytes), sample: one },
      { reader: await open(other.bytes), sample: other },
    ];
    const readAll = async () => {
      for (const { reader, sample } of readers)
        for (const blob of sample.plan.inventory.blobs)
          expect(await readTwice(reader, blob)).toEqual(
            Array.from({ length: 2 }, () => sample.blobs.get(blob.digest)),
          );
    };
    await readAll();
    const before = reads;
    await readAll();
    expect(reads).toBe(before);
  });
});
