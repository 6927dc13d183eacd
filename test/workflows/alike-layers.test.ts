import { gzipSync } from 'node:zlib';

import { expect, test } from 'vitest';

import { parseInventory } from '../../src/bundle/parse-inventory.ts';
import { serializeInventory } from '../../src/bundle/inventory.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { LayerSketch } from '../../src/squeeze/layer-sketch.ts';
import { SqueezeThreads } from '../../src/squeeze/squeeze-threads.ts';
import { layersOfBases, mostAlike, sketchLayers } from '../../src/workflows/alike-layers.ts';
import type { BaseLayer } from '../../src/workflows/alike-layers.ts';
import type { KnownAnalyses } from '../../src/workflows/analyze-layers.ts';
import type { DeltaBase } from '../../src/workflows/delta-bases.ts';
import { layeredBundle } from '../support/delta-bundles.ts';
import type { LayeredContent } from '../support/delta-bundles.ts';
import { noise, openSample } from '../support/sample-bundle.ts';
import { plainLayer } from '../support/squeezable-bundle.ts';
import type { SampleLayer } from '../support/squeezable-bundle.ts';

const { signal } = new AbortController();

function gzipOf(plain: Buffer): SampleLayer {
  return { bytes: gzipSync(plain), mediaType: mediaTypes.ociLayerGzip, diffId: digestOf(plain) };
}

async function baseOf(
  content: LayeredContent,
): Promise<DeltaBase & { readonly reader: BaseLayer['reader'] }> {
  const bundle = await layeredBundle(content);
  const inventoryBytes = serializeInventory(bundle.plan.inventory);
  const reader = await openSample(bundle.bytes);
  return { path: 'base', inventory: parseInventory(inventoryBytes), inventoryBytes, reader };
}

function sketchOf(plain: Uint8Array): Uint32Array {
  const sketch = new LayerSketch();
  sketch.update(plain);
  return sketch.values();
}

test('of bases gzip layers count, each once, that are large enough, and only where the bundle itself is there', async () => {
  const shared = gzipOf(noise(20_000, 1));
  const tiny = gzipOf(noise(100, 2));
  const first = await baseOf({
    images: [[shared, tiny, plainLayer(noise(20_000, 3))]],
    files: [noise(9000, 4)],
  });
  const second = await baseOf({ images: [[gzipOf(noise(20_000, 5)), shared]] });
  const layers = layersOfBases([first, second]);
  expect(layers.map(({ digest }) => digest).toSorted()).toEqual(
    [shared.bytes, gzipSync(noise(20_000, 5))].map(digestOf).toSorted(),
  );
  expect(layers.find(({ digest }) => digest === digestOf(shared.bytes))?.reader).toBe(first.reader);
  expect(layersOfBases([{ ...first, reader: undefined }])).toEqual([]);
});

test('layers are sketched by what they decompress to, or by what was found before; a damaged one is left out', async () => {
  const plain = noise(200_000, 1);
  const whole = gzipOf(plain);
  const damaged = { ...gzipOf(noise(50_000, 2)) };
  const cut = { ...damaged, bytes: damaged.bytes.subarray(0, -100) };
  const before = gzipOf(noise(60_000, 3));
  const { reader } = await baseOf({ images: [[whole, cut, before]] });
  const layers = [whole, cut, before].map(({ bytes }) => ({
    digest: digestOf(bytes),
    size: bytes.length,
    reader,
  }));
  const remembered = Uint32Array.of(1, 2, 3);
  const known: KnownAnalyses = {
    find: async ({ digest }) =>
      await Promise.resolve(
        digest === digestOf(before.bytes)
          ? {
              outcome: 'described',
              recipe: new Uint8Array(),
              encoder: '',
              plain: { digest: before.diffId, size: 60_000 },
              sketch: remembered,
            }
          : undefined,
      ),
    keep: async () => await Promise.resolve(),
  };
  await using threads = new SqueezeThreads(1);
  let counted = 0;
  const onBytes = (count: number): void => {
    counted += count;
  };
  const sketched = await sketchLayers(layers, { threads, known, onBytes, signal });
  expect(sketched.map(({ digest }) => digest)).toEqual([whole, before].map(({ bytes }) => digestOf(bytes)));
  expect(sketched[0]?.sketch).toEqual(sketchOf(plain));
  expect(sketched[1]?.sketch).toBe(remembered);
  expect(counted).toBe([whole, cut, before].reduce((sum, { bytes }) => sum + bytes.length, 0));
  const stopped = new Error('stopped');
  await expect(sketchLayers(layers, { threads, onBytes, signal: AbortSignal.abort(stopped) })).rejects.toBe(
    stopped,
  );
});

test('the two most alike are chosen, whatever their order; of equal ones by digest; chance is no likeness', async () => {
  const { reader } = await baseOf({ images: [[gzipOf(noise(10, 1))]] });
  const content = noise(400_000, 1);
  const layer = (name: string, plain: Uint8Array): BaseLayer => ({
    digest: digestOf(name),
    size: 1,
    reader,
    sketch: sketchOf(plain),
  });
  const half = layer('half', Buffer.concat([content.subarray(0, 200_000), noise(200_000, 2)]));
  const most = layer('most', Buffer.concat([content.subarray(0, 350_000), noise(50_000, 3)]));
  const tenth = layer('tenth', Buffer.concat([content.subarray(0, 40_000), noise(360_000, 4)]));
  const other = layer('other', noise(400_000, 5));
  const wanted = sketchOf(content);
  expect(mostAlike(wanted, [tenth, half, other, most])).toEqual([most, half]);
  expect(mostAlike(wanted, [most, other, tenth])).toEqual([most, tenth]);
  expect(mostAlike(wanted, [other])).toEqual([]);
  const twins = [layer('one', content), layer('two', content), layer('three', content)];
  const byDigest = twins.toSorted((left, right) => (left.digest < right.digest ? -1 : 1)).slice(0, 2);
  expect(mostAlike(wanted, twins)).toEqual(byDigest);
  expect(mostAlike(wanted, twins.toReversed())).toEqual(byDigest);
  expect(mostAlike(new Uint32Array(), twins)).toEqual([]);
});
