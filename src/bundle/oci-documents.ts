import { canonicalJson } from '../io/canonical-json.ts';
import type { Json } from '../io/canonical-json.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { digestHex } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import type { GraphImage, ImageGraph } from '../oci/image-graph.ts';
import { mediaTypes } from '../oci/media-types.ts';
import { isCompanion } from '../oci/origin.ts';
import { formatPlatform } from '../oci/platform.ts';
import type { ImageName } from './image-names.ts';
import { isChart } from './inventory.ts';

/** The path of a blob in the tar (image-spec, image-layout.md). */
export function blobPath(digest: Digest): string {
  return `blobs/sha256/${digestHex(digest)}`;
}

/** `oci-layout` (image-spec, image-layout.md): without it ctr reads `manifest.json` and drops all platforms but one. */
export function ociLayoutDocument(): Buffer {
  return toBytes({ imageLayoutVersion: '1.0.0' });
}

/**
 * `index.json` (image-spec, image-layout.md): one descriptor per name. skopeo looks for the name in
 * `org.opencontainers.image.ref.name`, containerd in `io.containerd.image.name`.
 *
 * Companions and charts have one descriptor each, behind the others and without a name: `ctr images import` unpacks whatever has
 * one, and fails as a whole on what is no file system. Tools that follow `subject`, such as oras, need no names.
 */
export function indexDocument(names: readonly ImageName[]): Buffer {
  const named = names.filter(({ image }) => !isCompanion(image) && !isChart(image));
  const companions = new Map(names.map(({ image }) => [image.digest, image]));
  for (const { image } of named) companions.delete(image.digest);
  const manifests = [
    ...named.map(({ name, image: { digest, size, mediaType } }) => ({
      mediaType,
      digest,
      size,
      annotations: { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': name },
    })),
    ...[...companions.values()].map(({ digest, size, mediaType, artifactType }) => ({
      mediaType,
      digest,
      size,
      artifactType,
    })),
  ];
  return toBytes({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests });
}

/**
 * `manifest.json`, Docker's archive format (moby/docker-image-spec, "Combined Image JSON + Filesystem Changeset
 * Format"), which knows one platform per name: linux/amd64 when it is kept, else linux/arm64, else the first.
 * Artifacts that are no images, and companions, are not in it; an image without a tag has no RepoTags.
 *
 * @param graphOf the kept graph of a root
 */
export function dockerManifestDocument(
  names: readonly ImageName[],
  graphOf: (root: Digest) => Pick<ImageGraph, 'images'> | undefined,
): Buffer {
  const entries = new Map<string, { readonly image: GraphImage; readonly tags: string[] }>();
  for (const { name, isTag, image: bundled } of names) {
    const image = dockerImage(graphOf(bundled.digest)?.images ?? []);
    if (image === undefined || isCompanion(bundled)) continue;
    const key = [image.config, ...image.layers].map((blob) => blob.digest).join();
    const entry = entries.get(key) ?? { image, tags: [] };
    if (isTag) entry.tags.push(name);
    entries.set(key, entry);
  }
  const documents = [...entries.values()].map(({ image, tags }) => ({
    Config: pathOf(image.config),
    RepoTags: tags.length > 0 ? tags : undefined,
    Layers: image.layers.map(pathOf),
  }));
  return toBytes(documents);
}

function dockerImage(images: readonly GraphImage[]): GraphImage | undefined {
  const find = (wanted: string) =>
    images.find(({ platform }) => platform !== undefined && formatPlatform(platform) === wanted);
  return find('linux/amd64') ?? find('linux/arm64') ?? images[0];
}

function pathOf({ digest }: Descriptor): string {
  return blobPath(digest);
}

function toBytes(document: Json): Buffer {
  return Buffer.from(canonicalJson(document), 'utf8');
}
