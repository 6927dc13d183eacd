import type { BundledBlob, Inventory } from '../bundle/inventory.ts';
import { isGzipLayerType } from '../bundle/rewrite-images.ts';
import type { BlobReader } from '../oci/blob-access.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { isDigest } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import type { ImageGraph } from '../oci/image-graph.ts';
import { isRecord } from '../io/is-record.ts';
import { maximumManifestSize } from '../oci/manifest.ts';
import { readWholeBlob } from '../oci/read-whole-blob.ts';

/** The layers of a bundle by what squeezing does with them. */
export interface LayersToSqueeze {
  /** Gzip tars: they are looked at. */
  readonly gzip: readonly BundledBlob[];
  /** Tars as they are: they only profit from long frames. */
  readonly uncompressed: readonly BundledBlob[];
  /** Compressed in another way: they stay. */
  readonly zstd: readonly BundledBlob[];
}

/** Looks at media types only: what is inside is looked at when it is read. */
export function layersToSqueeze({ blobs }: Pick<Inventory, 'blobs'>): LayersToSqueeze {
  const layers = blobs.filter(({ role }) => role === 'layer');
  return {
    gzip: layers.filter(({ mediaType }) => isGzipLayerType(mediaType)),
    uncompressed: layers.filter(({ mediaType }) => mediaType.endsWith('.tar')),
    zstd: layers.filter(({ mediaType }) => mediaType.endsWith('zstd')),
  };
}

/**
 * What images say that their layers decompress to (image-spec, config.md, "rootfs"). A layer that decompresses to something else cannot be
 * named without gzip: whoever unpacks it would refuse it.
 *
 * @returns by the digest of the layer; several when images do not agree
 */
export async function expectedPlain(
  graphs: Iterable<Pick<ImageGraph, 'images'>>,
  blobs: BlobReader,
  signal: AbortSignal,
): Promise<ReadonlyMap<Digest, ReadonlySet<Digest>>> {
  const expected = new Map<Digest, Set<Digest>>();
  const seen = new Set<Digest>();
  for (const { config, layers } of [...graphs].flatMap(({ images }) => images)) {
    if (seen.has(config.digest)) continue;
    seen.add(config.digest);
    const diffIds = await readDiffIds(config, blobs, signal);
    for (const [index, { digest }] of layers.entries()) {
      const diffId = diffIds[index];
      if (diffId !== undefined) expected.set(digest, (expected.get(digest) ?? new Set()).add(diffId));
    }
  }
  return expected;
}

async function readDiffIds(
  config: Descriptor,
  blobs: BlobReader,
  signal: AbortSignal,
): Promise<(Digest | undefined)[]> {
  if (config.size > maximumManifestSize) return [];
  const rootfs = parsed(await readWholeBlob(blobs, config, signal))?.['rootfs'];
  const diffIds = isRecord(rootfs) ? rootfs['diff_ids'] : undefined;
  if (!Array.isArray(diffIds)) return [];
  return diffIds.map((id: unknown) => (typeof id === 'string' && isDigest(id) ? id : undefined));
}

function parsed(bytes: Uint8Array): Record<string, unknown> | undefined {
  try {
    const document: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    return isRecord(document) ? document : undefined;
  } catch {
    return undefined;
  }
}
