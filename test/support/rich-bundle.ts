import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { BundleContent } from '../../src/bundle/plan-bundle.ts';
import type { Digest } from '../../src/oci/digest.ts';
import { imageToBundle, noise, sampleContent, writeSample } from './sample-bundle.ts';
import type { SampleBundle } from './sample-bundle.ts';
import { chartToBundle, sampleChart } from './sample-charts.ts';
import { addImage, graphOf, MemoryBlobs } from './sample-images.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A bundle with something of everything. */
export interface RichBundle {
  readonly bundle: SampleBundle;
  readonly blobs: MemoryBlobs;
  /** The `.tgz` of its chart `web` 1.2.3. */
  readonly archive: Buffer;
  /** The content of its file `models/model.bin`, which is `copy.bin`, too. */
  readonly model: Buffer;
  /** By reference. */
  readonly digests: ReadonlyMap<string, Digest>;
}

export const multi = 'ghcr.io/org/multi:1.0';
export const docker = 'docker.io/library/nginx:1.27';
export const chartReference = 'charts.example.com/stable/web:1.2.3';

/** Images of several kinds, a chart, files, and files of the head. */
export async function richBundle(
  change: (content: BundleContent, blobs: MemoryBlobs) => BundleContent | Promise<BundleContent> = same,
): Promise<RichBundle> {
  const blobs = new MemoryBlobs();
  const content = await sampleContent(blobs);
  const archive = await sampleChart('web', '1.2.3');
  const chart = await chartToBundle(blobs, {
    reference: chartReference,
    source: 'https://charts.example.com/stable',
    archive,
  });
  const model = noise(50_000, 9);
  const { digest, size } = blobs.add(model, '');
  const single = await graphOf(blobs, addImage(blobs, 'single'));
  const rich = {
    ...content,
    images: [...content.images, imageToBundle('quay.io/org/single:2', single), chart],
    extras: [
      ...(content.extras ?? []),
      { path: 'palette-edge/cluster-definition/spc.tgz', bytes: Buffer.from('a cluster definition') },
    ],
    rawFiles: [
      { name: 'models/model.bin', digest, size },
      { name: 'copy.bin', digest, size },
    ],
  };
  const bundle = await writeSample(await change(rich, blobs), blobs);
  const { images } = bundle.plan.inventory;
  const digests = new Map(images.map((image) => [image.reference, image.digest]));
  return { bundle, blobs, archive, model, digests };
}

/** Writes a bundle into a folder of the running test. */
export async function writtenBundle({ bytes }: SampleBundle, name = 'edge.tar.zst'): Promise<string> {
  const path = join(await temporaryFolder(), name);
  await writeFile(path, bytes);
  return path;
}

/** Bytes as they come through a pipe. */
export async function* piped(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  for (let start = 0; start < bytes.length; start += 4099)
    yield await Promise.resolve(Buffer.from(bytes.subarray(start, start + 4099)));
}

function same(content: BundleContent): BundleContent {
  return content;
}
