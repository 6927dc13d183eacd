import { isRecord } from '../io/is-record.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { digestOf } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import { isIndexType, isManifestType, mediaTypes } from '../oci/media-types.ts';
import type { BundledImage } from './inventory.ts';

/** A manifest that names what is in the tar of a squeezed bundle. */
export interface RewrittenManifest {
  readonly descriptor: Pick<Descriptor, 'digest' | 'size' | 'mediaType'>;
  readonly bytes: Buffer;
}

/** What images are rewritten with. */
export interface RewriteContext {
  /** Reads a manifest, verified; undefined when the bundle does not hold it. */
  readonly fetch: (manifest: Descriptor | BundledImage) => Promise<Uint8Array | undefined>;
  /** What squeezed layers decompress to. */
  readonly plainOf: (layer: Digest) => BlobIdentity | undefined;
}

/** Media types of layers that can be squeezed, and of what they decompress to (image-spec, layer.md; distribution, manifest-v2-2.md). */
const uncompressedTypes: ReadonlyMap<string, string> = new Map([
  [mediaTypes.ociLayerGzip, 'application/vnd.oci.image.layer.v1.tar'],
  [
    'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
    'application/vnd.oci.image.layer.nondistributable.v1.tar',
  ],
  ['application/vnd.docker.image.rootfs.diff.tar.gzip', 'application/vnd.docker.image.rootfs.diff.tar'],
  [
    'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
    'application/vnd.docker.image.rootfs.foreign.diff.tar',
  ],
]);

/** Whether a layer of this media type is a gzip tar, for which there is a media type without gzip. */
export function isGzipLayerType(mediaType: string): boolean {
  return uncompressedTypes.has(mediaType);
}

/** The media type of what a layer of {@link isGzipLayerType} decompresses to. */
export function uncompressedType(mediaType: string): string {
  return uncompressedTypes.get(mediaType) ?? mediaType;
}

/**
 * Manifests of images for tools that know nothing of squeezing: squeezed layers are named as what they decompress to, so configs, and image
 * IDs with them, stay as they are. Manifests that name nothing squeezed stay, too.
 *
 * @returns rewritten manifests and indexes by the digest of what they stand for
 */
export async function rewriteImages(
  images: readonly (Descriptor | BundledImage)[],
  context: RewriteContext,
): Promise<ReadonlyMap<Digest, RewrittenManifest>> {
  const rewriting = new Rewriting(context);
  for (const image of images) await rewriting.visit(image);
  return rewriting.rewritten;
}

/** Lives for one {@link rewriteImages}. */
class Rewriting {
  readonly rewritten = new Map<Digest, RewrittenManifest>();
  readonly #context: RewriteContext;
  readonly #seen = new Set<Digest>();

  constructor(context: RewriteContext) {
    this.#context = context;
  }

  /** Nothing is below itself: digests were checked. How deep it goes was bounded when the bundle was made. */
  async visit(manifest: Descriptor | BundledImage): Promise<RewrittenManifest | undefined> {
    const { digest, mediaType } = manifest;
    if (this.#seen.has(digest)) return this.rewritten.get(digest);
    this.#seen.add(digest);
    const bytes = await this.#context.fetch(manifest);
    if (bytes === undefined) return undefined;
    const document: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    if (!isRecord(document)) return undefined;
    const isChanged = isIndexType(mediaType)
      ? await this.#rewriteEntries(document)
      : this.#rewriteLayers(document);
    if (!isChanged) return undefined;
    const changed = Buffer.from(JSON.stringify(document), 'utf8');
    const descriptor = { mediaType, digest: digestOf(changed), size: changed.length };
    const rewritten = { descriptor, bytes: changed };
    this.rewritten.set(digest, rewritten);
    return rewritten;
  }

  async #rewriteEntries(document: Record<string, unknown>): Promise<boolean> {
    let isChanged = false;
    const replaced = new Map<unknown, Digest>();
    for (const entry of descriptorsIn(document['manifests'])) {
      const { digest, mediaType } = entry;
      if (!isIndexType(mediaType) && !isManifestType(mediaType)) continue;
      const rewritten = await this.visit(entry);
      if (rewritten === undefined) continue;
      Object.assign(entry, { digest: rewritten.descriptor.digest, size: rewritten.descriptor.size });
      replaced.set(digest, rewritten.descriptor.digest);
      isChanged = true;
    }
    // BuildKit's attestations say which manifest they are about.
    for (const { annotations } of descriptorsIn(document['manifests'])) {
      const about = replaced.get(annotations?.['vnd.docker.reference.digest']);
      if (about !== undefined) Object.assign(annotations ?? {}, { 'vnd.docker.reference.digest': about });
    }
    return isChanged;
  }

  #rewriteLayers(document: Record<string, unknown>): boolean {
    let isChanged = false;
    for (const layer of descriptorsIn(document['layers'])) {
      const plain = isGzipLayerType(layer.mediaType) ? this.#context.plainOf(layer.digest) : undefined;
      if (plain === undefined) continue;
      Object.assign(layer, {
        mediaType: uncompressedType(layer.mediaType),
        digest: plain.digest,
        size: plain.size,
      });
      isChanged = true;
    }
    return isChanged;
  }
}

/** The documents were parsed before, when the bundle was made: these are descriptors. */
function descriptorsIn(list: unknown): Descriptor[] {
  return Array.isArray(list) ? list.filter(isDescriptor) : [];
}

function isDescriptor(value: unknown): value is Descriptor {
  return isRecord(value) && typeof value['digest'] === 'string' && typeof value['mediaType'] === 'string';
}
