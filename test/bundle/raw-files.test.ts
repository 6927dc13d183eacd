import { describe, expect, test } from 'vitest';

import { planBundle } from '../../src/bundle/plan-bundle.ts';
import type { BundleContent } from '../../src/bundle/plan-bundle.ts';
import { parseInventory } from '../../src/bundle/parse-inventory.ts';
import { serializeInventory } from '../../src/bundle/inventory.ts';
import { verifyBundleBytes } from '../../src/bundle/verify-bundle.ts';
import { canonicalJson } from '../../src/io/canonical-json.ts';
import { readWholeBlob } from '../../src/oci/read-whole-blob.ts';
import { noise, openSample, sampleContent, writeSample } from '../support/sample-bundle.ts';
import { MemoryBlobs } from '../support/sample-images.ts';
import { thrown } from '../support/sample-profiles.ts';

const large = noise(20_000, 9);

async function contentWithFiles(blobs: MemoryBlobs): Promise<BundleContent> {
  const content = await sampleContent(blobs);
  const file = (name: string, bytes: Uint8Array | string) => {
    const { digest, size } = blobs.add(bytes, '');
    return { name, digest, size };
  };
  const layer = content.images[0]?.graph.blobs.find(({ role }) => role === 'layer')?.descriptor;
  if (layer === undefined) throw new Error('no layer');
  const { digest, size } = layer;
  const rawFiles = [
    file('tools/big.bin', large),
    file('a.txt', 'a'),
    file('copy/a.txt', 'a'),
    file('empty', ''),
    { name: 'layer.tar.gz', digest, size },
  ];
  return { ...content, rawFiles };
}

test('raw files are blobs behind the layers, the same content once, and come back as they were', async () => {
  const blobs = new MemoryBlobs();
  const { bytes, plan } = await writeSample(await contentWithFiles(blobs), blobs);
  const { inventory } = plan;
  expect(inventory.formatVersion).toBe(3);
  expect(inventory.rawFiles?.map(({ name }) => name)).toEqual([
    'a.txt',
    'copy/a.txt',
    'empty',
    'layer.tar.gz',
    'tools/big.bin',
  ]);
  expect(inventory.blobs.slice(-4).map(({ role, size }) => [role, size])).toEqual([
    ['layer', expect.any(Number)],
    ['file', 20_000],
    ['file', 1],
    ['file', 0],
  ]);
  const reader = await openSample(bytes);
  expect(reader.inventory).toEqual(inventory);
  const big = inventory.rawFiles?.at(-1);
  const empty = inventory.rawFiles?.[2];
  if (big === undefined || empty === undefined) throw new Error('a file is missing');
  expect(Buffer.from(await readWholeBlob(reader, big)).equals(large)).toBe(true);
  expect(await readWholeBlob(reader, empty)).toHaveLength(0);
  expect((await verifyBundleBytes(reader)).problems).toEqual([]);
});

test('index.json and manifest.json do not speak of them', async () => {
  const blobs = new MemoryBlobs();
  const content = await contentWithFiles(blobs);
  const documents = (each: BundleContent) => planBundle(each).headEntries.slice(0, 3);
  expect(documents(content)).toEqual(documents({ ...content, rawFiles: [] }));
});

test('the order in which they are given does not matter, and none is as if there were no such thing', async () => {
  const content = await contentWithFiles(new MemoryBlobs());
  const turned = { ...content, rawFiles: content.rawFiles?.toReversed() };
  expect(planBundle(turned)).toEqual(planBundle(content));
  const { rawFiles: _, ...without } = content;
  expect(planBundle({ ...content, rawFiles: [] })).toEqual(planBundle(without));
  expect(planBundle(without).inventory.formatVersion).toBe(1);
});

test('a damaged raw file is told by its names', async () => {
  const blobs = new MemoryBlobs();
  const content = await contentWithFiles(blobs);
  const lying = {
    sizeOf: async () => await Promise.resolve(undefined),
    open: async (blob: Parameters<MemoryBlobs['open']>[0]) => {
      if (blob.size !== 1) return await blobs.open(blob);
      return await Promise.resolve(
        (async function* () {
          yield await Promise.resolve(Buffer.from('b'));
        })(),
      );
    },
  };
  const { bytes } = await writeSample(content, blobs, { blobs: lying });
  const { problems } = await verifyBundleBytes(await openSample(bytes));
  expect(problems).toMatchObject([{ role: 'file', files: ['a.txt', 'copy/a.txt'], images: [] }]);
});

describe('an inventory with raw files that make no sense is refused', () => {
  const zeros = `sha256:${'0'.repeat(64)}`;
  const cases: [string, (document: AnyJson) => unknown, string][] = [
    ['none at all', (d) => (d.rawFiles = []), 'rawFiles is empty'],
    ['format version 1', (d) => (d.formatVersion = 1), 'format version 1 is not'],
    ['no files in version 3', (d) => delete d.rawFiles, 'format version 3 is not'],
    ['out of order', (d) => (d.rawFiles = d.rawFiles.toReversed()), 'order'],
    ['twice', (d) => d.rawFiles.push(d.rawFiles.at(-1)), 'order'],
    ['a name that climbs', (d) => (d.rawFiles[0].name = '../a'), 'rawFiles[0].name'],
    ['no blob', (d) => (d.rawFiles[0].digest = zeros), 'rawFiles[0] is not among the blobs'],
    ['another size', (d) => (d.rawFiles[0].size = 2), 'rawFiles[0] is not among the blobs'],
    ['a blob without a name', (d) => d.rawFiles.pop(), 'has no name'],
    ['a file that is a folder too', (d) => (d.rawFiles[1].name = 'a.txt/x'), 'in the way'],
  ];
  test.each(cases)('%s', async (_, change, expected) => {
    const { inventory } = planBundle(await contentWithFiles(new MemoryBlobs()));
    const document: AnyJson = JSON.parse(serializeInventory(inventory).toString());
    change(document);
    const error = thrown(() => parseInventory(Buffer.from(canonicalJson(document))));
    expect(error).toMatchObject({ code: 'INVENTORY_INVALID', kind: 'content' });
    expect(error.message).toContain(expected);
  });
});

// oxlint-disable-next-line typescript/no-explicit-any -- documents are changed in ways no type allows
type AnyJson = any;
