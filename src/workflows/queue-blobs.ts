import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { formatRepository } from '../oci/reference.ts';
import type { Reference } from '../oci/reference.ts';
import type { PinnedImage } from './pin-images.ts';

/** A blob with the repositories that images name it from, in the order of the images. */
export interface QueuedBlob {
  readonly blob: Descriptor;
  readonly repositories: readonly [Reference, ...Reference[]];
}

/**
 * Unique blobs, largest first, so that the long ones do not come last; ties by digest: the same order on every run. What is
 * no layer comes before all of them: it is small, and the bundle begins with it.
 */
export function queueBlobs(images: readonly PinnedImage[]): QueuedBlob[] {
  const queued = new Map<Digest, QueuedBlob & { readonly isLayer: boolean }>();
  for (const { reference, graph } of images) {
    for (const { descriptor, role } of graph.blobs) {
      const known = queued.get(descriptor.digest);
      queued.set(descriptor.digest, {
        // Links may be all there is: registries need not have layers that may not be distributed.
        blob: known?.blob.urls === undefined ? descriptor : known.blob,
        isLayer: role === 'layer' && known?.isLayer !== false,
        repositories: known === undefined ? [reference] : withRepository(known.repositories, reference),
      });
    }
  }
  return [...queued.values()]
    .toSorted(
      (left, right) =>
        Number(left.isLayer) - Number(right.isLayer) ||
        right.blob.size - left.blob.size ||
        (left.blob.digest < right.blob.digest ? -1 : 1),
    )
    .map(({ blob, repositories }) => ({ blob, repositories }));
}

function withRepository(
  repositories: QueuedBlob['repositories'],
  reference: Reference,
): QueuedBlob['repositories'] {
  const name = formatRepository(reference);
  return repositories.some((known) => formatRepository(known) === name)
    ? repositories
    : [...repositories, reference];
}
