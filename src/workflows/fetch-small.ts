import { PaletteEdgeError } from '../errors.ts';
import type { BlobReader, BlobWriter } from '../oci/blob-access.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { maximumManifestSize } from '../oci/manifest.ts';
import { isIndexType, isManifestType } from '../oci/media-types.ts';
import { onePiece } from '../oci/one-piece.ts';
import type { Reference } from '../oci/reference.ts';
import type { RegistryClient } from '../registry/registry-client.ts';
import type { SharedStores } from '../store-sharing/shared-stores.ts';
import type { ExistingBundles } from './existing-bundles.ts';
import { readAtHand } from './read-at-hand.ts';

/** Where manifests and configs come from, and what counts those that were pulled. */
export interface FetchContext {
  readonly registry: RegistryClient;
  readonly store: BlobReader & BlobWriter;
  readonly bundles?: ExistingBundles | undefined;
  readonly shared?: SharedStores | undefined;
  readonly signal: AbortSignal;
  /** Bytes that came from registries; added to. */
  readonly received: { bytes: number };
}

/**
 * A manifest or config: from the store when it has it, else from an existing bundle, else from a shared store, else from the registry,
 * and then it is in the store, and offered to shared ones. Docker Hub counts manifests that are fetched.
 *
 * @throws PaletteEdgeError `MANIFEST_TOO_LARGE` over 4 MiB, and those of registry and store
 */
export async function fetchSmall(
  reference: Reference,
  descriptor: Descriptor,
  context: FetchContext,
): Promise<Uint8Array> {
  const { store, shared, registry, signal } = context;
  if (descriptor.size > maximumManifestSize) {
    throw new PaletteEdgeError(
      'MANIFEST_TOO_LARGE',
      `${descriptor.digest} has ${descriptor.size} bytes, over the ${maximumManifestSize} that manifests and configs may have`,
      { kind: 'content' },
    );
  }
  const known = await readAtHand(descriptor, context);
  if (known !== undefined) return known;
  const isManifest = isIndexType(descriptor.mediaType) || isManifestType(descriptor.mediaType);
  const bytes = isManifest
    ? (await registry.fetchManifest(reference, descriptor, signal)).bytes
    : await registry.fetchBlob(reference, descriptor, signal);
  context.received.bytes += bytes.length;
  await store.ingest(descriptor, onePiece(bytes), signal);
  shared?.offer(descriptor, store);
  return bytes;
}
