import { createHash } from 'node:crypto';

import { planBundle } from '../../src/bundle/plan-bundle.ts';
import type { BundlePlan } from '../../src/bundle/plan-bundle.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { imageToBundle } from '../support/sample-bundle.ts';
import { graphOf, MemoryBlobs } from '../support/sample-images.ts';

const mebibyte = 1024 * 1024;

/** Enough tar for threads, in layers of which some compress and others do not. */
export async function largeBundle(): Promise<{ readonly plan: BundlePlan; readonly blobs: MemoryBlobs }> {
  const blobs = new MemoryBlobs();
  const random = (seed: number, outputLength: number): Buffer =>
    createHash('shake256', { outputLength }).update(`layer ${seed}`).digest();
  const layers = [
    random(1, 9 * mebibyte + 7),
    Buffer.alloc(6 * mebibyte, random(2, 5000)),
    random(3, 5 * mebibyte - 1),
  ].map((bytes) => blobs.add(bytes, mediaTypes.ociLayerGzip));
  const config = blobs.addJson({ architecture: 'amd64', os: 'linux' }, mediaTypes.ociConfig);
  const root = blobs.addJson(
    { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers },
    mediaTypes.ociManifest,
  );
  const plan = planBundle({
    name: 'large',
    tool: { name: 'palette-edge', version: '0.0.0' },
    profiles: [],
    images: [imageToBundle('registry.example/large:1', await graphOf(blobs, root))],
  });
  return { plan, blobs };
}
