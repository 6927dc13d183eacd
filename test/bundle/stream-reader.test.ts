import { expect, test } from 'vitest';

import { inventoryPath, serializeInventory } from '../../src/bundle/inventory.ts';
import type { BundledBlob } from '../../src/bundle/inventory.ts';
import type { BundlePlan } from '../../src/bundle/plan-bundle.ts';
import { StreamReader } from '../../src/bundle/stream-reader.ts';
import { encodeHead } from '../../src/bundle/tar-layout.ts';
import { writeBundle } from '../../src/bundle/write-bundle.ts';
import type { BlobIdentity } from '../../src/oci/descriptor.ts';
import type { Digest } from '../../src/oci/digest.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { readWholeBlob } from '../../src/oci/read-whole-blob.ts';
import { rejection } from '../support/rejection.ts';
import { piped, richBundle } from '../support/rich-bundle.ts';
import { imageToBundle, openSample, smallFrameContent } from '../support/sample-bundle.ts';
import { addIndex, graphOf } from '../support/sample-images.ts';

const { bundle, blobs } = await richBundle();
const { inventory } = bundle.plan;

const opened = async () => await StreamReader.open(piped(bundle.bytes), 'sample');

async function digestOfAll(content: AsyncIterable<Uint8Array>): Promise<Digest> {
  const pieces: Uint8Array[] = [];
  for await (const bytes of content) pieces.push(Buffer.from(bytes));
  return digestOf(Buffer.concat(pieces));
}

async function beginningOf(content: AsyncIterable<Uint8Array>): Promise<Uint8Array | undefined> {
  for await (const bytes of content) return bytes;
  return undefined;
}

test('it says what a file says', async () => {
  const reader = await opened();
  const file = await openSample(bundle.bytes);
  expect(reader.id).toBe(file.id);
  expect(reader.inventory).toEqual(file.inventory);
  expect(reader.inventoryBytes).toEqual(file.inventoryBytes);
  expect([...reader.files]).toEqual([...file.files]);
  expect(reader.signature).toBeUndefined();
});

test('every blob comes once, in order, verified', async () => {
  const reader = await opened();
  const found: Digest[] = [];
  for await (const { blob, content } of reader.blobs(() => true)) {
    expect(await digestOfAll(content)).toBe(blob.digest);
    found.push(blob.digest);
  }
  expect(found).toEqual(inventory.blobs.map(({ digest }) => digest));
  await reader.finish();
});

test('manifests and configs can be opened before any layer comes, and nothing else', async () => {
  const reader = await opened();
  for (const blob of inventory.blobs) {
    expect(await reader.sizeOf(blob.digest)).toBe(blob.size);
  }
  const isLate = ({ role }: BundledBlob) => role === 'layer' || role === 'file';
  for (const blob of inventory.blobs.filter((each) => !isLate(each)))
    expect(digestOf(await readWholeBlob(reader, blob))).toBe(blob.digest);
  for (const blob of inventory.blobs.filter(isLate))
    expect(await rejection(reader.open(blob))).toMatchObject({ code: 'BLOB_NOT_FOUND', kind: 'notFound' });
});

test('a config of any size is no reason to stop keeping manifests and configs', async () => {
  const large = await richBundle(async (content, memory) => {
    const platform = { os: 'linux', architecture: 'amd64' };
    const layers = [memory.add('layer', mediaTypes.ociLayerGzip)];
    const images = ['one', 'two'].map(async (name) => {
      const config = memory.addJson({ ...platform, name: name.repeat(1_500_000) }, mediaTypes.ociConfig);
      const manifest = memory.addJson({ schemaVersion: 2, config, layers }, mediaTypes.ociManifest);
      const root = addIndex(memory, [{ ...manifest, platform }]);
      return imageToBundle(`quay.io/org/${name}:1`, await graphOf(memory, root));
    });
    return { ...content, images: [...content.images, ...(await Promise.all(images))] };
  });
  const reader = await StreamReader.open(piped(large.bundle.bytes), 'sample');
  const small = reader.inventory.blobs.filter(({ role }) => role !== 'layer' && role !== 'file');
  expect(small.filter(({ size }) => size > 4 * 1024 * 1024)).toHaveLength(2);
  for (const blob of small) expect(await digestOfAll(await reader.open(blob))).toBe(blob.digest);
});

test('those that are not wanted, or not read to their end, are passed over', async () => {
  const last = inventory.blobs.at(-1);
  const first = inventory.blobs.find(({ role }) => role === 'layer');
  const wanted = new Set([first?.digest, last?.digest]);
  const reader = await opened();
  const found: Digest[] = [];
  let read: unknown;
  for await (const { blob, content } of reader.blobs((digest) => wanted.has(digest))) {
    found.push(blob.digest);
    read = blob.digest === first?.digest ? await beginningOf(content) : await digestOfAll(content);
  }
  expect(found).toEqual([first?.digest, last?.digest]);
  expect(read).toBe(last?.digest);
  await reader.finish();
});

test('the end is checked without reading a blob', async () => {
  const reader = await opened();
  await reader.finish();
  const cut = await StreamReader.open(piped(bundle.bytes.subarray(0, -1)), 'sample');
  expect(await rejection(cut.finish())).toMatchObject({ code: 'BUNDLE_TRUNCATED' });
});

test('content that is not that of the digest is told, though all frames are whole', async () => {
  const victim = inventory.blobs.find(({ role }) => role === 'layer');
  const bytes = await lyingBundle(victim?.digest);
  const reader = await StreamReader.open(piped(bytes), 'sample');
  const reading = async () => {
    for await (const { content } of reader.blobs(() => true)) await digestOfAll(content);
  };
  const error = await rejection(reading());
  expect(error).toMatchObject({ code: 'DIGEST_MISMATCH', kind: 'content' });
  expect(error.message).toContain(`expected ${victim?.digest}`);
});

test('a manifest that is not that of its digest ends the opening', async () => {
  const victim = inventory.blobs.find(({ role }) => role === 'manifest');
  const error = await rejection(StreamReader.open(piped(await lyingBundle(victim?.digest)), 'sample'));
  expect(error).toMatchObject({ code: 'DIGEST_MISMATCH', kind: 'content' });
});

test('a tar with more than the inventory names is refused', async () => {
  const { headEntries } = bundle.plan;
  const less = {
    ...inventory,
    rawFiles: undefined,
    blobs: inventory.blobs.filter(({ role }) => role !== 'file'),
  };
  const parts = headEntries.map(({ path, bytes }) =>
    path === inventoryPath
      ? { path, bytes: serializeInventory({ ...less, formatVersion: 2 }) }
      : { path, bytes },
  );
  const tarSize = bundle.plan.tarSize - encodeHead(headEntries).length + encodeHead(parts).length;
  const reader = await StreamReader.open(piped(await written({ headEntries: parts, tarSize })), 'sample');
  const error = await rejection(reader.finish());
  expect(error).toMatchObject({ code: 'BUNDLE_DAMAGED', kind: 'content' });
  expect(error.message).toContain('does not end where it must');
});

/** The bundle with other content of one blob, of the same size. */
async function lyingBundle(victim: Digest | undefined): Promise<Buffer> {
  return await written({}, (blob) => (blob.digest === victim ? Buffer.alloc(blob.size, 'x') : undefined));
}

async function written(
  changes: Partial<BundlePlan>,
  contentOf: (blob: BlobIdentity) => Buffer | undefined = () => undefined,
): Promise<Buffer> {
  const pieces: Buffer[] = [];
  const reader = {
    sizeOf: async (digest: Digest) => await blobs.sizeOf(digest),
    open: async (blob: BlobIdentity) => {
      const other = contentOf(blob);
      return other === undefined ? await blobs.open(blob) : piped(other);
    },
  };
  await writeBundle(
    {
      plan: { ...bundle.plan, ...changes },
      blobs: reader,
      compressionLevel: 3,
      frameContent: smallFrameContent,
      signal: new AbortController().signal,
    },
    { write: async (bytes) => await Promise.resolve(void pieces.push(Buffer.from(bytes))) },
  );
  return Buffer.concat(pieces);
}
