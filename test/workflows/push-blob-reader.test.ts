import { expect, test } from 'vitest';

import { BundleReader } from '../../src/bundle/bundle-reader.ts';
import type { LayerRestorer } from '../../src/bundle/layer-restorer.ts';
import { PushBlobReader } from '../../src/workflows/push-blob-reader.ts';
import { RestoredLayers } from '../../src/workflows/restored-layers.ts';
import { rejection } from '../support/rejection.ts';
import { memoryAccess, openSample, sampleBundle } from '../support/sample-bundle.ts';
import { nodeRestorer, squeezeSample } from '../support/sample-squeezed.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

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

/** A squeezed bundle, one of its layers, and how often that was restored. */
async function squeezedReader() {
  const sample = await sampleBundle();
  const { bytes, plan } = await squeezeSample(sample);
  const state = { restored: 0 };
  const restorer: LayerRestorer = {
    ...nodeRestorer,
    restore: (...given) => {
      state.restored += 1;
      return nodeRestorer.restore(...given);
    },
  };
  const reader = await BundleReader.open(memoryAccess(bytes), 'squeezed.tar.zst', { restorer });
  const restored = new RestoredLayers({ folder: await temporaryFolder(), limit: 2 ** 30 });
  const layer = plan.inventory.layers.at(0);
  if (layer === undefined) throw new Error('the sample has no layers');
  const content = sample.blobs.get(layer.digest);
  const blobs = new PushBlobReader([{ path: 'squeezed.tar.zst', reader }], restored);
  return { blobs, layer, content, state, close: async () => await restored[Symbol.asyncDispose]() };
}

test('a layer is restored once for all of its chunks', async () => {
  const { blobs, layer, content, state, close } = await squeezedReader();
  const chunk = Math.ceil(layer.size / 10);
  const chunks: Buffer[] = [];
  for (let start = 0; start < layer.size; start += chunk) {
    const range = { start, end: Math.min(layer.size, start + chunk) };
    chunks.push(await readAll(await blobs.open(layer, { range })));
  }
  expect(chunks.length).toBeGreaterThan(5);
  expect(Buffer.concat(chunks).equals(content)).toBe(true);
  expect(state.restored).toBe(1);
  await close();
});

test('a layer that is sent whole goes through no file, and is kept when it is read again', async () => {
  const { blobs, layer, content, state, close } = await squeezedReader();
  for (const restored of [1, 2, 2, 2]) {
    expect((await readAll(await blobs.open(layer))).equals(content)).toBe(true);
    expect(state.restored).toBe(restored);
  }
  await close();
});
