import { join } from 'node:path';

import type { Descriptor } from '../../src/oci/descriptor.ts';
import { formatReference, parseReference } from '../../src/oci/reference.ts';
import type { Mirrors } from '../../src/registry/route.ts';
import { BlobStore } from '../../src/store/blob-store.ts';
import { pinCompanions } from '../../src/workflows/pin-companions.ts';
import type { CompanionLimits } from '../../src/workflows/pin-companions.ts';
import type { PinnedImage } from '../../src/workflows/pin-images.ts';
import { pullingClient } from '../support/pulling-client.ts';
import { graphOf } from '../support/sample-images.ts';
import type { MemoryBlobs } from '../support/sample-images.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** An image of which linux/amd64 is kept, as pinning it would give it. */
export async function pinned(blobs: MemoryBlobs, text: string, root: Descriptor): Promise<PinnedImage> {
  const reference = parseReference(text);
  const graph = await graphOf(blobs, root, [{ os: 'linux', architecture: 'amd64' }]);
  return { reference, name: formatReference(reference), origins: [{ kind: 'flag' }], graph };
}

export interface FindOptions {
  readonly signal?: AbortSignal;
  readonly limits?: CompanionLimits;
  readonly mirrors?: Mirrors;
}

/** Looks for companions of these images with a store of its own. */
export async function findCompanions(images: readonly PinnedImage[], options: FindOptions = {}) {
  const { signal = new AbortController().signal, limits, mirrors } = options;
  const { client } = pullingClient({ mirrors });
  const store = await BlobStore.open(join(await temporaryFolder(), 'store'));
  const received = { bytes: 0 };
  const found = await pinCompanions(images, { registry: client, store, signal, received }, limits);
  const companions = found.images.slice(images.length);
  return { ...found, companions, names: companions.map(({ name }) => name), received };
}
