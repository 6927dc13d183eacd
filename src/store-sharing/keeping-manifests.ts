import { canonicalJson } from '../io/canonical-json.ts';
import type { BlobIdentity, Descriptor } from '../oci/descriptor.ts';
import { digestHex, digestOf } from '../oci/digest.ts';
import { mediaTypes } from '../oci/media-types.ts';
import type { BlobsToKeep } from './shared-store.ts';

/** A manifest that keeps blobs of a repository from being collected, and the tag that it goes by. */
export interface KeepingManifest {
  readonly tag: string;
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

/** The config of {@link keepingManifests}: the two bytes `{}` (image-spec 1.1, "Guidance for an Empty Descriptor"). */
export const emptyConfig: { readonly descriptor: Descriptor; readonly bytes: Uint8Array } = (() => {
  const bytes = Buffer.from('{}');
  const descriptor = { mediaType: mediaTypes.ociEmpty, digest: digestOf(bytes), size: bytes.length };
  return { descriptor, bytes };
})();

const artifactType = 'application/vnd.palette-edge.shared-blobs.v1';
/** Whatever a blob is in its image: registries want manifests that are named as such to be manifests of theirs. */
const layerType = 'application/octet-stream';
/** ECR takes 4,200 layers to a manifest; this also keeps it far below the 4 MiB that registries take. */
const blobsPerManifest = 2000;

/**
 * Manifests that name the blobs of a bundle (image-spec 1.1, "Guidelines for Artifact Usage"): what no manifest names, the garbage collection of a
 * registry removes. The same blobs give the same bytes, in whatever order they come.
 */
export function keepingManifests({ id, blobs }: BlobsToKeep): KeepingManifest[] {
  const sorted = [...new Map(blobs.map((blob) => [blob.digest, blob])).values()].toSorted((left, right) =>
    left.digest < right.digest ? -1 : 1,
  );
  const count = Math.ceil(sorted.length / blobsPerManifest);
  return Array.from({ length: count }, (_, index) =>
    manifestOf(sorted.slice(index * blobsPerManifest, (index + 1) * blobsPerManifest), id),
  );
}

function manifestOf(blobs: readonly BlobIdentity[], id: string): KeepingManifest {
  const layers = blobs.map(({ digest, size }) => ({ mediaType: layerType, digest, size }));
  const { mediaType, digest, size } = emptyConfig.descriptor;
  const manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    artifactType,
    config: { mediaType, digest, size },
    layers,
  };
  const bytes = Buffer.from(canonicalJson(manifest));
  const descriptor = { mediaType: mediaTypes.ociManifest, digest: digestOf(bytes), size: bytes.length };
  // By its content as well: a delta bundle has the id of the whole one and fewer blobs, and must not take its place.
  return { tag: `blobs-${id}-${digestHex(descriptor.digest).slice(0, 12)}`, descriptor, bytes };
}
