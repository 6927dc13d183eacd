import type { ImageToBundle } from '../../src/bundle/plan-bundle.ts';
import { sampleContent, writeSample } from './sample-bundle.ts';
import { MemoryBlobs } from './sample-images.ts';
import { bundleFile } from './serving-bundles.ts';

/** A bundle in a file of the running test. */
export async function bundleOf(blobs: MemoryBlobs, images: readonly ImageToBundle[]): Promise<string> {
  const { bytes } = await writeSample({ ...(await sampleContent(new MemoryBlobs())), images }, blobs);
  return await bundleFile(bytes);
}
