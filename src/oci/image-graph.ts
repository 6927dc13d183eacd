import { PaletteEdgeError } from '../errors.ts';
import type { Descriptor, Platform } from './descriptor.ts';
import type { Digest } from './digest.ts';
import { parseManifest, platformOfConfig, schema1Manifest } from './manifest.ts';
import type { ImageIndex, ImageManifest } from './manifest.ts';
import { isIndexType, isManifestType, isSchema1Type, mediaTypes } from './media-types.ts';
import { formatPlatform, isSamePlatform } from './platform.ts';

/** What a blob is to the images that use it. */
export type BlobRole = 'index' | 'manifest' | 'config' | 'layer';

/** A blob of an image graph with what it is. */
interface GraphBlob {
  readonly descriptor: Descriptor;
  readonly role: BlobRole;
}

/** One image of a graph: what `docker load` calls an image. Signatures and SBOMs in the shape of an image are none. */
export interface GraphImage {
  readonly platform: Platform | undefined;
  readonly manifest: Descriptor;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

/** Everything below one root manifest that is kept. */
export interface ImageGraph {
  readonly root: Descriptor;
  /** What the root is when it is no image, such as an SBOM: its own `artifactType`, or else the media type of its config. */
  readonly artifactType?: string;
  /** Every kept blob once, manifests before the blobs they name. */
  readonly blobs: readonly GraphBlob[];
  readonly images: readonly GraphImage[];
  /** Kept platforms, formatted, sorted, each once; empty for artifacts without a platform. */
  readonly platforms: readonly string[];
  /** Platforms that the index names and that were left out: the kept index is sparse when there are any. */
  readonly omittedPlatforms: readonly string[];
  /** Requested platforms that the image does not have. */
  readonly missingPlatforms: readonly string[];
}

/** How to walk an image. */
export interface WalkOptions {
  /** Reads a manifest or config, verified against its descriptor. */
  readonly fetch: (descriptor: Descriptor) => Promise<Uint8Array>;
  /** Platforms to keep; undefined keeps the whole index. */
  readonly platforms: readonly Platform[] | undefined;
}

const maximumDepth = 8;
const maximumManifests = 5000;
const maximumBlobs = 100_000;
/** Of all manifests of an image together, in bytes: what they name is kept in memory. */
const maximumManifestBytes = 32 * 1024 * 1024;
const imageConfigTypes: ReadonlySet<string> = new Set([mediaTypes.ociConfig, mediaTypes.dockerConfig]);

/**
 * Walks from a root manifest to everything it names. Index bytes are never changed: leaving platforms out gives a sparse
 * index with its original digest.
 *
 * @param name the image's reference, for messages
 * @throws PaletteEdgeError `MANIFEST_INVALID` and whatever `fetch` throws
 */
export async function walkImage(name: string, root: Descriptor, options: WalkOptions): Promise<ImageGraph> {
  const walk = new GraphWalk(name, options);
  await walk.visit(root, 0);
  return walk.result(root);
}

/** Collects the graph while walking; lives for one {@link walkImage}. */
class GraphWalk {
  readonly #name: string;
  readonly #options: WalkOptions;
  readonly #blobs = new Map<Digest, GraphBlob>();
  readonly #images = new Map<Digest, GraphImage>();
  /** Manifests seen, and whether anything of them was kept. */
  readonly #visited = new Map<Digest, boolean>();
  readonly #platforms = new Set<string>();
  readonly #omitted = new Set<string>();
  #manifestBytes = 0;
  #artifactType: string | undefined;

  constructor(name: string, options: WalkOptions) {
    this.#name = name;
    this.#options = options;
  }

  /** @returns whether anything of it was kept */
  async visit(descriptor: Descriptor, depth: number): Promise<boolean> {
    const wasKept = this.#visited.get(descriptor.digest);
    if (wasKept !== undefined) {
      // One manifest may stand for several platforms: linux/arm/v6 and linux/arm/v7, for instance.
      if (wasKept && isKnown(descriptor.platform)) this.#platforms.add(formatPlatform(descriptor.platform));
      return wasKept;
    }
    const isLarge = this.#blobs.size > maximumBlobs || this.#manifestBytes > maximumManifestBytes;
    if (depth > maximumDepth || this.#visited.size >= maximumManifests || isLarge)
      throw this.#invalid('is nested too deeply or too large');
    const place = `${this.#name}, manifest ${descriptor.digest}`;
    const bytes = await this.#options.fetch(descriptor);
    this.#manifestBytes += bytes.length;
    const manifest = parseManifest(bytes, descriptor.mediaType, place);
    // A digest cannot be below itself, but a registry that does not check digests could say so.
    this.#visited.set(descriptor.digest, false);
    if (depth === 0) this.#artifactType = artifactTypeOf(manifest);
    const isKept =
      manifest.kind === 'index'
        ? await this.#visitIndex(descriptor, manifest, depth)
        : await this.#visitImage(descriptor, manifest, depth);
    this.#visited.set(descriptor.digest, isKept);
    return isKept;
  }

  result(root: Descriptor): ImageGraph {
    const images = [...this.#images.values()];
    const platforms = [...this.#platforms].toSorted();
    const requested = sortedNames(this.#options.platforms ?? []);
    const hasPlatforms = platforms.length > 0 || this.#omitted.size > 0;
    return {
      root,
      artifactType: this.#artifactType,
      blobs: [...this.#blobs.values()],
      images,
      platforms,
      omittedPlatforms: [...this.#omitted].filter((name) => !this.#platforms.has(name)).toSorted(),
      missingPlatforms: hasPlatforms ? requested.filter((name) => !this.#platforms.has(name)) : [],
    };
  }

  async #visitIndex(descriptor: Descriptor, index: ImageIndex, depth: number): Promise<boolean> {
    this.#add(descriptor, 'index');
    const attestations = new Set(index.manifests.filter((entry) => attestedDigest(entry) !== undefined));
    const kept = new Set<string>();
    for (const entry of index.manifests) {
      if (attestations.has(entry) || !this.#isWanted(entry)) continue;
      if (await this.#visitEntry(entry, depth + 1)) kept.add(entry.digest);
    }
    for (const entry of attestations) {
      const attested = attestedDigest(entry);
      if (this.#options.platforms === undefined || (attested !== undefined && kept.has(attested))) {
        await this.#visitEntry(entry, depth + 1);
      }
    }
    return kept.size > 0 || depth === 0;
  }

  async #visitEntry(entry: Descriptor, depth: number): Promise<boolean> {
    if (isIndexType(entry.mediaType) || isManifestType(entry.mediaType))
      return await this.visit(entry, depth);
    if (isSchema1Type(entry.mediaType)) throw schema1Manifest(`${this.#name}, manifest ${entry.digest}`);
    // image-index.md: implementations should keep entries of unknown media types; they are opaque blobs.
    this.#add(entry, 'layer');
    return true;
  }

  async #visitImage(descriptor: Descriptor, manifest: ImageManifest, depth: number): Promise<boolean> {
    const platform = await this.#platformOf(descriptor, manifest);
    const isAttestation = attestedDigest(descriptor) !== undefined;
    // A root stays whatever its platform is: it is the image that was asked for, and missingPlatforms tells the caller.
    if (depth > 0 && platform !== undefined && !isAttestation && !this.#isWantedPlatform(platform)) {
      this.#omitted.add(formatPlatform(platform));
      return false;
    }
    this.#add(descriptor, 'manifest');
    this.#add(manifest.config, 'config');
    for (const layer of manifest.layers) this.#add(layer, 'layer');
    if (!isAttestation && imageConfigTypes.has(manifest.config.mediaType)) {
      const { config, layers } = manifest;
      if (layers.every(isFileSystem)) {
        this.#images.set(descriptor.digest, { platform, manifest: descriptor, config, layers });
      }
      if (platform !== undefined) this.#platforms.add(formatPlatform(platform));
    }
    return true;
  }

  /** The index entry's platform or, for a root or an entry that has none, the one in the image's config. */
  async #platformOf(descriptor: Descriptor, manifest: ImageManifest): Promise<Platform | undefined> {
    if (isKnown(descriptor.platform)) return descriptor.platform;
    if (attestedDigest(descriptor) !== undefined || !imageConfigTypes.has(manifest.config.mediaType))
      return undefined;
    const config = await this.#options.fetch(manifest.config);
    const platform = platformOfConfig(config, `${this.#name}, config ${manifest.config.digest}`);
    return isKnown(platform) ? platform : undefined;
  }

  #isWanted(entry: Descriptor): boolean {
    if (!isKnown(entry.platform) || this.#isWantedPlatform(entry.platform)) return true;
    this.#omitted.add(formatPlatform(entry.platform));
    return false;
  }

  #isWantedPlatform(platform: Platform): boolean {
    const { platforms } = this.#options;
    return platforms === undefined || platforms.some((wanted) => isSamePlatform(wanted, platform));
  }

  #add(descriptor: Descriptor, role: BlobRole): void {
    const known = this.#blobs.get(descriptor.digest);
    if (known !== undefined && known.descriptor.size !== descriptor.size)
      throw this.#invalid(`gives ${descriptor.digest} two sizes`);
    // What is a manifest anywhere is one: its own blobs are kept too.
    const isManifest = role === 'index' || role === 'manifest';
    if (known === undefined || isManifest) this.#blobs.set(descriptor.digest, { descriptor, role });
  }

  #invalid(reason: string): PaletteEdgeError {
    return new PaletteEdgeError('MANIFEST_INVALID', `${this.#name} ${reason}`, { kind: 'content' });
  }
}

/** The manifest that an attestation entry is about (BuildKit's attestation storage), or undefined for other entries. */
function attestedDigest(entry: Descriptor): string | undefined {
  if (entry.annotations?.['vnd.docker.reference.type'] === undefined) return undefined;
  return entry.annotations['vnd.docker.reference.digest'] ?? '';
}

/** distribution-spec 1.1, "Listing Referrers": a manifest without a type of its own is what its config is. */
function artifactTypeOf(manifest: ImageIndex | ImageManifest): string | undefined {
  if (manifest.artifactType !== undefined || manifest.kind === 'index') return manifest.artifactType;
  const { mediaType } = manifest.config;
  return imageConfigTypes.has(mediaType) ? undefined : mediaType;
}

/** cosign's signatures have the config of an image, and layers of JSON: `podman load` fails on them. */
function isFileSystem({ mediaType }: Descriptor): boolean {
  return !/json|spdx|xml/.test(mediaType);
}

function isKnown(platform: Platform | undefined): platform is Platform {
  return platform !== undefined && platform.os !== 'unknown' && platform.architecture !== 'unknown';
}

function sortedNames(platforms: readonly Platform[]): string[] {
  return [...new Set(platforms.map(formatPlatform))].toSorted();
}
