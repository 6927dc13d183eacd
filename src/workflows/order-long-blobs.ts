import type { BlobIdentity } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { orderLayers } from '../squeeze/order-layers.ts';
import type { AnalyzedLayers } from './analyze-layers.ts';

/** What goes into long frames, each once, alike ones beside each other as far as their sketches tell. */
export function orderLongBlobs(
  blobs: readonly BlobIdentity[],
  sketches: AnalyzedLayers['sketches'],
): Digest[] {
  const unique = new Map(blobs.map(({ digest, size }) => [digest, { digest, size }]));
  return orderLayers(
    [...unique.values()].map((blob) => ({ ...blob, sketch: sketches.get(blob.digest) ?? new Uint32Array() })),
  );
}
