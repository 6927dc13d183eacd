import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';

import { bareGraph } from '../../src/bundle/bare-graph.ts';
import { BundleReader } from '../../src/bundle/bundle-reader.ts';
import { readHeldImage } from '../../src/bundle/image-content.ts';
import type { LayerRestorer } from '../../src/bundle/layer-restorer.ts';
import { planSqueezedBundle } from '../../src/bundle/plan-squeezed-bundle.ts';
import type { LayerToSqueeze, SqueezedPlan } from '../../src/bundle/plan-squeezed-bundle.ts';
import { isGzipLayerType, rewriteImages } from '../../src/bundle/rewrite-images.ts';
import { writeBundle } from '../../src/bundle/write-bundle.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { readWholeBlob } from '../../src/oci/read-whole-blob.ts';
import { openSpillFile } from '../../src/workflows/spill-file.ts';
import type { SampleBundle } from './sample-bundle.ts';
import { memoryAccess, openSample, smallFrameContent } from './sample-bundle.ts';
import { MemoryBlobs } from './sample-images.ts';

/** Restores what Node's own gzip wrote, which it writes again: bundles take any restorer. */
export const nodeRestorer: LayerRestorer = {
  restore: async function* ({ plain }, signal) {
    const pieces: Uint8Array[] = [];
    for await (const piece of plain(0, signal)) pieces.push(Uint8Array.from(piece));
    yield gzipSync(Buffer.concat(pieces), { level: 6 });
  },
  close: async () => await Promise.resolve(),
};

/** A squeezed bundle in memory. */
export interface SqueezedSample {
  readonly plan: SqueezedPlan;
  readonly bytes: Buffer;
}

/** How it is written, apart from the usual. */
interface SqueezeSampleOptions {
  readonly concurrency?: number;
  /** Bytes of tar in a long frame. */
  readonly longContent?: number;
}

/** Squeezes a sample whose layers Node's own gzip wrote. */
export async function squeezeSample(
  sample: SampleBundle,
  { concurrency = 2, longContent = 3 * smallFrameContent }: SqueezeSampleOptions = {},
): Promise<SqueezedSample> {
  const { blobs, plan: plainPlan } = sample;
  const plain = await openSample(sample.bytes);
  const stored = new MemoryBlobs();
  for (const { digest } of plainPlan.inventory.blobs) stored.add(blobs.get(digest), '');
  const layers: LayerToSqueeze[] = [];
  for (const { digest, size, role, mediaType } of plainPlan.inventory.blobs) {
    if (role !== 'layer' || !isGzipLayerType(mediaType)) continue;
    const tar = gunzipSync(blobs.get(digest));
    stored.add(tar, '');
    const recipe = Buffer.from(`gzip of ${digest}`);
    layers.push({
      digest,
      size,
      plain: { digest: digestOf(tar), size: tar.length },
      recipe,
      encoder: 'Node',
    });
  }
  const plainOf = new Map(layers.map((layer) => [layer.digest, layer.plain]));
  const graphs = new Map();
  for (const image of plainPlan.inventory.images)
    graphs.set(image.digest, bareGraph((await readHeldImage(blobs, image, undefined)).graph));
  const plan = planSqueezedBundle({
    plain,
    writing: { compressionLevel: 3, frameContent: smallFrameContent },
    tool: { name: 'palette-edge', version: '0.1.0' },
    layers,
    kept: [],
    long: [...new Set(layers.map((layer) => layer.plain.digest))],
    rewritten: await rewriteImages(plainPlan.inventory.images, {
      fetch: async (manifest) =>
        blobs.find(manifest.digest) === undefined ? undefined : await readWholeBlob(blobs, manifest),
      plainOf: (layer) => plainOf.get(layer),
    }),
    graphs,
  });
  for (const bytes of plan.made.values()) stored.add(bytes, '');
  const written: Buffer[] = [];
  await writeBundle(
    {
      plan,
      blobs: stored,
      compressionLevel: 3,
      frameContent: smallFrameContent,
      concurrency,
      long: {
        level: 9,
        frameContent: longContent,
        concurrency,
        createSpill: async () => await openSpillFile(join(tmpdir(), 'palette-edge-test-spill')),
      },
      signal: new AbortController().signal,
    },
    { write: async (bytes) => await Promise.resolve(void written.push(Buffer.from(bytes))) },
  );
  return { plan, bytes: Buffer.concat(written) };
}

/** Opens a squeezed bundle in memory. */
export async function openSqueezed(bytes: Uint8Array): Promise<BundleReader> {
  return await BundleReader.open(memoryAccess(bytes), 'squeezed.tar.zst', { restorer: nodeRestorer });
}
