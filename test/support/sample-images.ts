import { gzipSync } from 'node:zlib';

import type { BlobReader } from '../../src/oci/blob-access.ts';
import type { BlobIdentity, Descriptor, Platform } from '../../src/oci/descriptor.ts';
import { digestOf } from '../../src/oci/digest.ts';
import type { Digest } from '../../src/oci/digest.ts';
import { walkImage } from '../../src/oci/image-graph.ts';
import type { ImageGraph } from '../../src/oci/image-graph.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { encodeTarHeader, tarPadding } from '../../src/io/tar-header.ts';

/** Blobs in memory, read as any BlobReader is. */
export class MemoryBlobs implements BlobReader {
  readonly #blobs = new Map<Digest, Buffer>();

  add(content: Uint8Array | string, mediaType: string): Descriptor {
    const bytes = Buffer.from(content);
    const digest = digestOf(bytes);
    this.#blobs.set(digest, bytes);
    return { mediaType, digest, size: bytes.length };
  }

  addJson(document: object, mediaType: string): Descriptor {
    return this.add(JSON.stringify(document), mediaType);
  }

  find(digest: Digest): Buffer | undefined {
    return this.#blobs.get(digest);
  }

  get(digest: Digest): Buffer {
    const bytes = this.find(digest);
    if (bytes === undefined) throw new Error(`no blob ${digest}`);
    return bytes;
  }

  async sizeOf(digest: Digest): Promise<number | undefined> {
    return await Promise.resolve(this.#blobs.get(digest)?.length);
  }

  /** Gives the content in uneven pieces, as a network would. */
  async open({ digest }: BlobIdentity): Promise<AsyncIterable<Uint8Array>> {
    const bytes = this.get(digest);
    async function* pieces() {
      for (let start = 0, length = 1; start < bytes.length; start += length, length = (length * 3) % 7919) {
        yield await Promise.resolve(bytes.subarray(start, start + length));
      }
    }
    return await Promise.resolve(pieces());
  }
}

/** A tiny image that real tools take: one gzip layer with one file, and a config. */
export function addImage(
  blobs: MemoryBlobs,
  content: string | Uint8Array,
  options: { readonly platform?: Platform; readonly docker?: boolean } = {},
): Descriptor {
  const { platform = { os: 'linux', architecture: 'amd64' }, docker = false } = options;
  const layerTar = tarOf('hello', Buffer.from(content));
  const layer = blobs.add(
    gzipSync(layerTar, { level: 6 }),
    docker ? 'application/vnd.docker.image.rootfs.diff.tar.gzip' : mediaTypes.ociLayerGzip,
  );
  const config = blobs.addJson(
    {
      architecture: platform.architecture,
      os: platform.os,
      variant: platform.variant,
      config: { Cmd: ['/hello'] },
      rootfs: { type: 'layers', diff_ids: [digestOf(layerTar)] },
      history: [{ created_by: 'test' }],
    },
    docker ? mediaTypes.dockerConfig : mediaTypes.ociConfig,
  );
  const mediaType = docker ? mediaTypes.dockerManifest : mediaTypes.ociManifest;
  const manifest = blobs.addJson({ schemaVersion: 2, mediaType, config, layers: [layer] }, mediaType);
  return { ...manifest, platform };
}

/** An index over manifests. */
export function addIndex(blobs: MemoryBlobs, manifests: readonly Descriptor[]): Descriptor {
  return blobs.addJson({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests }, mediaTypes.ociIndex);
}

/** The graph of a root as pinning makes it. */
export async function graphOf(
  blobs: MemoryBlobs,
  root: Descriptor,
  platforms?: readonly Platform[],
): Promise<ImageGraph> {
  const { mediaType, digest, size } = root;
  const fetch = async (blob: Descriptor) => await Promise.resolve(blobs.get(blob.digest));
  return await walkImage('sample', { mediaType, digest, size }, { fetch, platforms });
}

function tarOf(name: string, content: Buffer): Buffer {
  const padding = Buffer.alloc(tarPadding(content.length));
  return Buffer.concat([
    encodeTarHeader({ name, size: content.length }),
    content,
    padding,
    Buffer.alloc(1024),
  ]);
}
