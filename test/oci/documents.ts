import type { Descriptor, Platform } from '../../src/oci/descriptor.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { walkImage } from '../../src/oci/image-graph.ts';
import type { ImageGraph } from '../../src/oci/image-graph.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { parsePlatform } from '../../src/oci/platform.ts';

/** Documents in memory, as a registry would serve them. */
export class Documents {
  readonly fetched: string[] = [];
  readonly #bytes = new Map<string, Buffer>();

  add(document: unknown, mediaType: string): Descriptor {
    const bytes = Buffer.from(JSON.stringify(document));
    const digest = digestOf(bytes);
    this.#bytes.set(digest, bytes);
    return { mediaType, digest, size: bytes.length };
  }

  /** Serves other bytes under a digest, as only a hostile registry could. */
  replace(digest: string, document: unknown): void {
    this.#bytes.set(digest, Buffer.from(JSON.stringify(document)));
  }

  image(
    name: string,
    platform: Platform | undefined,
    layers: readonly Descriptor[] = [layerOf(name)],
  ): Descriptor {
    const config = this.add(
      { ...platform, name, rootfs: { type: 'layers', diff_ids: [] } },
      mediaTypes.ociConfig,
    );
    return this.add(
      { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers },
      mediaTypes.ociManifest,
    );
  }

  index(manifests: readonly Descriptor[]): Descriptor {
    return this.add({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests }, mediaTypes.ociIndex);
  }

  attestation(subject: Descriptor): Descriptor {
    const config = this.add({ architecture: 'unknown', os: 'unknown' }, mediaTypes.ociConfig);
    const layers = [{ ...layerOf(`sbom ${subject.digest}`), mediaType: 'application/vnd.in-toto+json' }];
    const manifest = this.add(
      { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers },
      mediaTypes.ociManifest,
    );
    const annotations = {
      'vnd.docker.reference.type': 'attestation-manifest',
      'vnd.docker.reference.digest': subject.digest,
    };
    return { ...manifest, platform: { os: 'unknown', architecture: 'unknown' }, annotations };
  }

  async walk(root: Descriptor, ...platforms: readonly string[]): Promise<ImageGraph> {
    const fetch = async (descriptor: Descriptor) => {
      this.fetched.push(descriptor.digest);
      const bytes = this.#bytes.get(descriptor.digest);
      if (bytes === undefined) throw new Error(`no ${descriptor.digest}`);
      return await Promise.resolve(bytes);
    };
    const { mediaType, digest, size } = root;
    const wanted = platforms.length === 0 ? undefined : platforms.map(parsePlatform);
    return await walkImage('ghcr.io/a/b:1', { mediaType, digest, size }, { fetch, platforms: wanted });
  }
}

/** A layer that only its descriptor tells of. */
export function layerOf(name: string): Descriptor {
  return { mediaType: mediaTypes.ociLayerGzip, digest: digestOf(`layer ${name}`), size: name.length };
}

/** The digests of a graph, in its order. */
export function digestsOf(graph: ImageGraph): string[] {
  return graph.blobs.map(({ descriptor }) => descriptor.digest);
}
