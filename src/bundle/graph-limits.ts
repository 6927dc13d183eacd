import type { ImageGraph } from '../oci/image-graph.ts';

/** Bytes of manifests that may be read for all images of a bundle together: each may lead to the same large ones again. */
export const mostManifestBytes = 256 * 1024 * 1024;

/** Blobs that all images of a bundle together may have, as {@link countGraphBlobs} counts them: all of them are kept in memory. */
export const mostGraphBlobs = 2 ** 19;

/** The blobs of a graph; layers of its platforms are counted again, as each platform lists them. */
export function countGraphBlobs({ blobs, images }: Pick<ImageGraph, 'blobs' | 'images'>): number {
  return images.reduce((sum, { layers }) => sum + layers.length, blobs.length);
}
