import type { BundledBlob, BundledImage } from '../bundle/inventory.ts';
import { walkBundledImages } from '../bundle/verify-images.ts';
import { PaletteEdgeError } from '../errors.ts';
import type { Digest } from '../oci/digest.ts';
import { maximumManifestSize } from '../oci/manifest.ts';
import { isCompanion } from '../oci/origin.ts';
import { parseReference } from '../oci/reference.ts';
import { MemoryRepositories } from '../registry-server/memory-repositories.ts';
import { readStoredManifest } from '../registry-server/read-stored-manifest.ts';
import type { RegistryContent, StoredManifest } from '../registry-server/registry-content.ts';
import type { Warning } from '../warning.ts';
import { BundleBlobs } from './bundle-blobs.ts';
import type { OpenBundle } from './bundle-blobs.ts';
import { servedName, shortNames } from './served-names.ts';
import type { RestoredLayers } from './restored-layers.ts';
import { ServedRepositories } from './served-repositories.ts';
import type { ServedTag } from './served-tags.ts';
import { servedTags } from './served-tags.ts';

/** A name that clients can ask for, without the host in front of it. */
export interface ServedName {
  /** `docker.io/library/nginx:1.27`; with a digest where there is no tag. */
  readonly name: string;
  /** The same without the registry, when that is unambiguous: `library/nginx:1.27`. */
  readonly shortName?: string;
  readonly digest: Digest;
}

/** Bundles as the content of a registry. */
export interface ServedContent {
  readonly content: RegistryContent;
  /** Of images and charts, sorted. Companions have names, too, but nobody looks for them in a list. */
  readonly names: readonly ServedName[];
  readonly warnings: readonly Warning[];
}

/**
 * Makes bundles the content of a registry that is read-only. Manifests are read, nothing else. An image with damaged
 * manifests is served as far as it goes, with a warning.
 *
 * @param restored keeps layers of squeezed bundles
 * @throws PaletteEdgeError `TAG_CONFLICT` (kind usage) when a tag stands for different images in two bundles, or a failure to
 *   read
 */
export async function servedContent(
  bundles: readonly OpenBundle[],
  signal: AbortSignal,
  restored?: RestoredLayers,
): Promise<ServedContent> {
  const tags = servedTags(bundles);
  const images = bundles.flatMap(({ reader }) => reader.inventory.images);
  const { short, ambiguous } = shortNames(images.map(({ reference }) => parseReference(reference)));
  const blobs = new BundleBlobs(bundles, { restored });
  const publisher = new BundlePublisher(blobs);
  const damaged: Warning[] = [];
  for (const bundle of bundles) damaged.push(...(await publisher.publish(bundle, signal)));
  await publisher.tag(tags);
  const fullNames = new Map([...short].map(([name, full]) => [full, name]));
  return {
    content: { blobs, repositories: new ServedRepositories(publisher.repositories, short) },
    names: listedNames(images, { tags, fullNames }),
    warnings: [...damaged, ...[...ambiguous].map(ambiguousName)],
  };
}

/** Puts what bundles hold under its full names. */
class BundlePublisher {
  readonly repositories = new MemoryRepositories();
  readonly #blobs: BundleBlobs;
  readonly #subjects = new Map<Digest, Digest | undefined>();

  constructor(blobs: BundleBlobs) {
    this.#blobs = blobs;
  }

  /** @returns a warning for each fault of its images */
  async publish({ path, reader }: OpenBundle, signal: AbortSignal): Promise<Warning[]> {
    const { blobs, images } = reader.inventory;
    const { needs, faults } = await walkBundledImages(reader, new Set(), signal);
    const repositories = new Map(images.map(({ reference }) => [reference, repositoryOf(reference)]));
    for (const blob of blobs) {
      const users = Array.from(needs.get(blob.digest) ?? [], (reference) => repositories.get(reference));
      for (const repository of new Set(users))
        if (repository !== undefined) await this.#add(repository, blob);
    }
    // Roots last: their media type is known better than that of a blob which is several things.
    for (const image of images)
      await this.repositories.putManifest(repositoryOf(image.reference), await this.#describe(image));
    return faults.map(({ image, message }) => ({
      code: 'IMAGE_DAMAGED',
      message: `${image} in ${path} cannot be pulled as a whole: ${message}; palette-edge verify tells what else is damaged`,
    }));
  }

  async tag(tags: ReadonlyMap<string, ServedTag>): Promise<void> {
    for (const { repository, tag, image } of tags.values())
      await this.repositories.putManifest(repository, await this.#describe(image), tag);
  }

  /** Whatever an image needs is found as a blob: an index may be the layer of something else, and has one role only. */
  async #add(repository: string, blob: BundledBlob): Promise<void> {
    await this.repositories.addBlob(repository, blob.digest);
    if (blob.role === 'index' || blob.role === 'manifest')
      await this.repositories.putManifest(repository, await this.#describe(blob));
  }

  async #describe({ mediaType, digest, size }: BundledBlob | BundledImage): Promise<StoredManifest> {
    const manifest = { mediaType, digest, size };
    if (!this.#subjects.has(digest)) this.#subjects.set(digest, await this.#subjectOf(manifest));
    return { ...manifest, subject: this.#subjects.get(digest) };
  }

  /** Of a manifest that is damaged nothing is known; asking for it tells why. */
  async #subjectOf(manifest: StoredManifest): Promise<Digest | undefined> {
    if (manifest.size > maximumManifestSize) return undefined;
    try {
      return (await readStoredManifest(this.#blobs, manifest)).subject;
    } catch (error) {
      if (error instanceof PaletteEdgeError && error.kind === 'content') return undefined;
      throw error;
    }
  }
}

function repositoryOf(reference: string): string {
  return servedName(parseReference(reference));
}

interface Naming {
  readonly tags: ReadonlyMap<string, ServedTag>;
  /** Short names by full ones. */
  readonly fullNames: ReadonlyMap<string, string>;
}

function listedNames(images: readonly BundledImage[], { tags, fullNames }: Naming): ServedName[] {
  const tagged = Map.groupBy(tags.values(), ({ image }) => image.reference);
  const names = images
    .filter((image) => !isCompanion(image))
    .flatMap(({ reference, digest }) => {
      const repository = repositoryOf(reference);
      const ends = tagged.get(reference)?.map(({ tag }) => `:${tag}`) ?? [`@${digest}`];
      const short = fullNames.get(repository);
      return ends.map((end) => ({
        name: `${repository}${end}`,
        shortName: short === undefined ? undefined : `${short}${end}`,
        digest,
      }));
    });
  const unique = new Map(names.map((served) => [served.name, served]));
  return [...unique.values()].toSorted((left, right) => (left.name < right.name ? -1 : 1));
}

function ambiguousName([name, candidates]: readonly [string, readonly string[]]): Warning {
  return {
    code: 'SHORT_NAME_AMBIGUOUS',
    message: `${name} is served under its full names only: ${candidates.join(', ')}`,
  };
}
