import { buffer } from 'node:stream/consumers';

import { describe, expect, test } from 'vitest';

import { BundleReader } from '../../src/bundle/bundle-reader.ts';
import { FrameCache } from '../../src/bundle/frame-cache.ts';
import type { BlobIdentity } from '../../src/oci/descriptor.ts';
import { digestOf } from '../../src/oci/digest.ts';
import type { Digest } from '../../src/oci/digest.ts';
import { BundleBlobs } from '../../src/workflows/bundle-blobs.ts';
import type { OpenBundle } from '../../src/workflows/bundle-blobs.ts';
import { rejection } from '../support/rejection.ts';
import {
  imageToBundle,
  memoryAccess,
  noise,
  openSample,
  sampleContent,
  writeSample,
} from '../support/sample-bundle.ts';
import { addImage, graphOf, MemoryBlobs } from '../support/sample-images.ts';

/** Blobs of which one is not what its digest says. */
class LyingBlobs extends MemoryBlobs {
  lie: Digest | undefined;

  override get(digest: Digest): Buffer {
    const bytes = Buffer.from(super.get(digest));
    if (digest === this.lie) bytes.writeUInt8(bytes.readUInt8(0) ^ 1, 0);
    return bytes;
  }
}

/** A bundle, its largest layer, and what else its reader is asked for. */
async function openBundle(path: string, seed: number, isLying = false) {
  const blobs = new LyingBlobs();
  const graph = await graphOf(blobs, addImage(blobs, noise(600_000, seed)));
  const layer = graph.images.at(0)?.layers.at(0);
  if (layer === undefined) throw new Error('no layer');
  const bytes = blobs.get(layer.digest);
  if (isLying) blobs.lie = layer.digest;
  const images = [imageToBundle('ghcr.io/org/app:1', graph)];
  const sample = await writeSample({ ...(await sampleContent(blobs)), images }, blobs);
  const bundle: OpenBundle = { path, reader: await openSample(sample.bytes) };
  return { bundle, layer, bytes };
}

const first = await openBundle('first.tar.zst', 1);
const second = await openBundle('second.tar.zst', 2);
const blobs = new BundleBlobs([first.bundle, second.bundle]);

test.each([
  ['the first bundle', first],
  ['the second bundle', second],
])('a blob of %s is found, whole and in parts', async (_, { layer, bytes }) => {
  expect(await blobs.sizeOf(layer.digest)).toBe(bytes.length);
  expect((await buffer(await blobs.open(layer))).equals(bytes)).toBe(true);
  const range = { start: 123_456, end: 456_789 };
  const part = await buffer(await blobs.open(layer, { range }));
  expect(part.equals(bytes.subarray(range.start, range.end))).toBe(true);
  const rest = await buffer(await blobs.open(layer, { range: { start: bytes.length - 7 } }));
  expect(rest.equals(bytes.subarray(-7))).toBe(true);
});

test('a blob comes in pieces that are copies: what a client does not take keeps no frame in memory', async () => {
  for await (const piece of await blobs.open(first.layer)) {
    expect(piece.length).toBeLessThanOrEqual(128 * 1024);
    expect(piece.buffer.byteLength).toBe(piece.length);
  }
});

describe('many clients', () => {
  const frameSize = 512 * 1024;
  const partSize = 2 * frameSize;

  /** A bundle with a blob of 41 parts, whose reads are counted. Cache and pieces are a quarter of the usual, as its frames are. */
  async function manyParts(pieces = 12 * 1024 * 1024) {
    const { bundle, layer } = await large;
    const access = memoryAccess(bundle);
    const reads: number[] = [];
    const read = async (position: number, length: number) => {
      reads.push(position);
      return await access.read(position, length);
    };
    const reader = await BundleReader.open({ ...access, read }, 'large.tar.zst');
    reads.length = 0;
    const cache = new FrameCache(4 * 1024 * 1024);
    const many = new BundleBlobs([{ path: 'large.tar.zst', reader }], { cache, pieces });
    const open = async (part: number, signal?: AbortSignal) => {
      const range = { start: part * partSize, end: (part + 1) * partSize };
      return (await many.open(layer, { range, signal }))[Symbol.asyncIterator]();
    };
    return { open, reads };
  }

  const large = (async () => {
    const memory = new MemoryBlobs();
    const graph = await graphOf(memory, addImage(memory, noise(41 * partSize, 3)));
    const layer = graph.images.at(0)?.layers.at(0);
    if (layer === undefined) throw new Error('no layer');
    const images = [imageToBundle('ghcr.io/org/large:1', graph)];
    const options = { frameContent: frameSize, compressionLevel: 1 };
    const { bytes } = await writeSample({ ...(await sampleContent(memory)), images }, memory, options);
    return { bundle: bytes, layer };
  })();

  // A part lies in three frames, as it does not begin with one.
  test.each([
    { clients: 20, most: 20 * 3 },
    { clients: 40, most: 40 * 3 * 2 },
  ])('read a frame once or twice: $clients in turn', async ({ clients, most }) => {
    const { open, reads } = await manyParts();
    const readers = await Promise.all(Array.from({ length: clients }, async (_, part) => await open(part)));
    let received = 0;
    for (let left = readers.length; left > 0;) {
      const results = await Promise.all(readers.map(async (reader) => await reader.next()));
      for (const { value } of results) received += value?.length ?? 0;
      left = results.filter(({ done }) => done !== true).length;
    }
    expect(received).toBe(clients * partSize);
    expect(reads.length).toBeLessThanOrEqual(most);
  });

  test('hold together what they may, and a small piece each', async () => {
    const budget = 2 * 1024 * 1024;
    const { open } = await manyParts(budget);
    const held = new Set<ArrayBufferLike>();
    const readers: AsyncIterator<Uint8Array>[] = [];
    for (let part = 0; part < 40; part += 1) {
      const reader = await open(part);
      readers.push(reader);
      const { value } = await reader.next();
      held.add(value?.buffer);
    }
    const bytes = [...held].reduce((sum, { byteLength }) => sum + byteLength, 0);
    expect(bytes).toBeGreaterThan(budget / 2);
    expect(bytes).toBeLessThanOrEqual(budget + readers.length * 128 * 1024);
  });

  test('that are gone leave their part to the others, though they never began to read', async () => {
    const { open } = await manyParts(2 * 1024 * 1024);
    const controller = new AbortController();
    for (let part = 0; part < 30; part += 1) await open(part, controller.signal);
    controller.abort();
    const reader = await open(30);
    await reader.next();
    let largest = 0;
    for (let next = await reader.next(); next.done !== true; next = await reader.next())
      largest = Math.max(largest, next.value.buffer.byteLength);
    expect(largest).toBe(frameSize);
  });
});

test('decompressed frames of all bundles have one limit', async () => {
  const sizes = [first, second].map(({ bundle: { reader } }) => reader.frames.tarSize);
  const roomy = new FrameCache();
  for (const { layer } of [first, second])
    await buffer(await new BundleBlobs([first.bundle, second.bundle], { cache: roomy }).open(layer));
  expect(roomy.bytes).toBeGreaterThan(Math.max(...sizes));
  const limit = 100_000;
  const tight = new FrameCache(limit);
  const shared = new BundleBlobs([first.bundle, second.bundle], { cache: tight });
  await Promise.all([first, second].map(async ({ layer }) => await buffer(await shared.open(layer))));
  expect(tight.bytes).toBeGreaterThan(0);
  expect(tight.bytes).toBeLessThanOrEqual(limit);
});

test.each<[what: string, blob: BlobIdentity]>([
  ['of another digest', { digest: digestOf('elsewhere'), size: 9 }],
  ['of another size', { digest: first.layer.digest, size: 9 }],
])('a blob %s is not found', async (_, blob) => {
  const error = await rejection(blobs.open(blob));
  expect(error).toMatchObject({ code: 'BLOB_NOT_FOUND', kind: 'notFound' });
  expect(error.message).toContain('first.tar.zst, second.tar.zst');
});

test('bytes that are not those of the digest do not end, though their frames are as they were written', async () => {
  const { bundle, layer, bytes } = await openBundle('lying.tar.zst', 1, true);
  let received = 0;
  const read = async () => {
    for await (const piece of await new BundleBlobs([bundle]).open(layer)) received += piece.length;
  };
  const error = await rejection(read());
  expect(error).toMatchObject({ code: 'DIGEST_MISMATCH', kind: 'content' });
  expect(error.message).toContain('reading from lying.tar.zst');
  expect(received).toBe(bytes.length);
});

test('a client that is gone ends the reading', async () => {
  const controller = new AbortController();
  const reason = new Error('gone');
  const read = async () => {
    for await (const _ of await blobs.open(first.layer, { signal: controller.signal }))
      controller.abort(reason);
  };
  await expect(read()).rejects.toBe(reason);
});
