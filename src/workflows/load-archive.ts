import { archiveContent } from '../bundle/archive-writer.ts';
import type { ArchiveBlob } from '../bundle/archive-writer.ts';
import type { ImageName } from '../bundle/image-names.ts';
import { dockerManifestDocument, indexDocument, ociLayoutDocument } from '../bundle/oci-documents.ts';
import type { HeadEntry } from '../bundle/tar-layout.ts';
import type { Digest } from '../oci/digest.ts';
import { countedBlobs } from './extract-output.ts';
import type { ImageToLoad } from './load-plan.ts';
import type { BundleSource } from './with-bundle-source.ts';

/** Where the blobs of images are read from: a bundle as it is, or with other manifests and layers. */
export interface ImageContent extends Pick<BundleSource, 'inventory' | 'require'> {
  /** Every blob that is wanted, once, verified. */
  readonly blobs: (isWanted: (digest: Digest) => boolean, signal: AbortSignal) => AsyncIterable<ArchiveBlob>;
}

/** How an archive is made. */
export interface ArchiveOptions {
  /** Whether it has the `manifest.json` of `docker save`, too. */
  readonly isDocker: boolean;
  readonly onBytes: (count: number) => void;
  readonly signal: AbortSignal;
}

/**
 * An archive of some images, each blob once, piece by piece: an OCI image layout (image-spec, image-layout.md) as a tar. Each is read from
 * the bundle when its turn comes; what is damaged ends it with an error before the tar ends.
 */
export function loadArchive(
  source: ImageContent,
  images: readonly ImageToLoad[],
  { isDocker, onBytes, signal }: ArchiveOptions,
): AsyncIterable<Uint8Array> {
  const wanted = new Set(images.flatMap(({ blobs }) => blobs.map(({ digest }) => digest)));
  const blobs = countedBlobs(
    source.blobs((digest) => wanted.has(digest), signal),
    onBytes,
  );
  return archiveContent(documentsOf(images, isDocker), blobs);
}

/** Of the blobs of such an archive. */
export function archiveBytes(images: readonly ImageToLoad[]): number {
  const sizes = new Map(images.flatMap(({ blobs }) => blobs.map(({ digest, size }) => [digest, size])));
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

function documentsOf(images: readonly ImageToLoad[], isDocker: boolean): HeadEntry[] {
  const names = images.flatMap(namesOf);
  const graphs = new Map<Digest, ImageToLoad>(images.map((image) => [image.root.digest, image]));
  return [
    { path: 'oci-layout', bytes: ociLayoutDocument() },
    { path: 'index.json', bytes: indexDocument(names) },
    ...(isDocker
      ? [{ path: 'manifest.json', bytes: dockerManifestDocument(names, (root) => graphs.get(root)) }]
      : []),
  ];
}

/** The names of an image stand for its root here: that may be the manifest of one platform. */
function namesOf({ names, root: { digest, size, mediaType } }: ImageToLoad): ImageName[] {
  return names.map(({ image, ...name }) => ({ ...name, image: { ...image, digest, size, mediaType } }));
}
