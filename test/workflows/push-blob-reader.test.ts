import { expect, test } from 'vitest';

import { PushBlobReader } from '../../src/workflows/push-blob-reader.ts';
import { rejection } from '../support/rejection.ts';
import { openSample, sampleBundle } from '../support/sample-bundle.ts';

async function sampleReader() {
  const sample = await sampleBundle();
  const reader = await openSample(sample.bytes);
  return { sample, reader, blobs: new PushBlobReader([{ path: 'sample.tar.zst', reader }]) };
}

async function readAll(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const bytes of content) pieces.push(bytes);
  return Buffer.concat(pieces);
}

test('every blob is read, whole and in part, by many at once', async () => {
  const { sample, reader, blobs } = await sampleReader();
  const { inventory } = reader;
  const all = Array.from({ length: 20 }, () => inventory.blobs).flat();
  const read = await Promise.all(all.map(async (blob) => await readAll(await blobs.open(blob))));
  expect(all.every(({ digest }, index) => read[index]?.equals(sample.blobs.get(digest)))).toBe(true);
  for (const blob of inventory.blobs) {
    const range = { start: 3, end: blob.size - 1 };
    const part = await readAll(await blobs.open(blob, { range }));
    expect(part.equals(sample.blobs.get(blob.digest).subarray(3, -1))).toBe(true);
  }
});

test('what is wrong is told by the digest', async () => {
  const sample = await sampleBundle();
  const reader = await openSample(sample.bytes);
  const blob = reader.inventory.blobs.at(0);
  if (blob === undefined) throw new Error('the sample has no blobs');
  const blobs = new PushBlobReader([{ path: 'sample.tar.zst', reader }]);
  const wrong = { ...blob, size: blob.size + 1 };
  expect(await rejection(blobs.open(wrong))).toMatchObject({ code: 'BLOB_NOT_FOUND' });
  expect(await blobs.sizeOf(blob.digest)).toBe(blob.size);
});
