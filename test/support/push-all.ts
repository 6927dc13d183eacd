import type { Descriptor } from '../../src/oci/descriptor.ts';
import { pushImage } from './push-image.ts';
import type { MemoryBlobs } from './sample-images.ts';

/** What is pushed by name: a tag, or the digest where it is undefined. */
export async function pushAll(
  origin: string,
  blobs: MemoryBlobs,
  pushes: readonly (readonly [Descriptor, string?])[],
) {
  for (const [root, tag] of pushes)
    await pushImage({ origin, repository: 'org/app' }, blobs, { root, tag: tag ?? root.digest });
}
