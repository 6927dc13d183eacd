import type { Descriptor } from '../oci/descriptor.ts';
import type { ImageIndex, ImageManifest } from '../oci/manifest.ts';
import { isIndexType, isManifestType } from '../oci/media-types.ts';
import type { RepositoryReader } from './registry-content.ts';

/** Layers that registries need not have (image-spec 1.0, layer.md, "Non-Distributable Layers"; Docker's foreign layers). */
const nonDistributable =
  /^application\/vnd\.(?:oci\.image\.layer\.nondistributable\.|docker\.image\.rootfs\.foreign\.)/;

/** Where the references of a manifest should be. */
export interface ReferencePlace {
  readonly repositories: RepositoryReader;
  readonly repository: string;
  /** Whether manifests that an image index names may be missing. */
  readonly acceptSparseIndexes: boolean;
}

/**
 * The blobs and manifests that a manifest names and its repository does not have (distribution-spec 1.1, "Push"). The
 * subject is not looked at: it may come later.
 */
export async function missingReferences(
  manifest: ImageIndex | ImageManifest,
  place: ReferencePlace,
): Promise<readonly Descriptor[]> {
  const missing: Descriptor[] = [];
  for (const descriptor of namedBy(manifest, place.acceptSparseIndexes)) {
    const isHere =
      manifest.kind === 'index' ? await hasEntry(place, descriptor) : await hasBlob(place, descriptor);
    if (!isHere) missing.push(descriptor);
  }
  return missing;
}

function namedBy(manifest: ImageIndex | ImageManifest, acceptSparseIndexes: boolean): readonly Descriptor[] {
  if (manifest.kind === 'index') return acceptSparseIndexes ? [] : manifest.manifests;
  const layers = manifest.layers.filter(({ mediaType }) => !nonDistributable.test(mediaType));
  return [manifest.config, ...layers];
}

async function hasBlob(place: ReferencePlace, { digest }: Descriptor): Promise<boolean> {
  return await place.repositories.hasBlob(place.repository, digest);
}

/** Entries of unknown media types are opaque (image-spec, image-index.md): clients push them as either. */
async function hasEntry(place: ReferencePlace, entry: Descriptor): Promise<boolean> {
  const { repositories, repository } = place;
  if ((await repositories.findManifest(repository, entry.digest)) !== undefined) return true;
  const isManifest = isIndexType(entry.mediaType) || isManifestType(entry.mediaType);
  return !isManifest && (await hasBlob(place, entry));
}
