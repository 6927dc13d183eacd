import type { BlobReader } from '../oci/blob-access.ts';
import type { ImageGraph } from '../oci/image-graph.ts';
import { readStoredManifest } from './read-stored-manifest.ts';
import type { RepositoryWriter, StoredManifest } from './registry-content.ts';

/** Where an image is published. */
export interface PublishedName {
  readonly repository: string;
  /** Without one the image is found by its digest only. */
  readonly tag?: string;
}

/**
 * Makes an image, whose blobs a registry can read already, part of a repository, without any pushing.
 *
 * @throws PaletteEdgeError when a manifest of the image is missing or damaged
 */
export async function publishImage(
  content: { readonly blobs: BlobReader; readonly repositories: RepositoryWriter },
  graph: ImageGraph,
  { repository, tag }: PublishedName,
): Promise<void> {
  const { blobs, repositories } = content;
  // What a manifest names comes before it, as in a push: no client sees half of an image.
  for (const { descriptor, role } of graph.blobs.toReversed()) {
    if (role === 'config' || role === 'layer') await repositories.addBlob(repository, descriptor.digest);
    else await repositories.putManifest(repository, await describe(blobs, descriptor));
  }
  await repositories.putManifest(repository, await describe(blobs, graph.root), tag);
}

async function describe(
  blobs: BlobReader,
  { mediaType, digest, size }: ImageGraph['root'],
): Promise<StoredManifest> {
  const { subject } = await readStoredManifest(blobs, { mediaType, digest, size });
  return { mediaType, digest, size, subject };
}
