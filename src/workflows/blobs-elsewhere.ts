import type { BundleReader } from '../bundle/bundle-reader.ts';
import type { BundledBlob, Inventory } from '../bundle/inventory.ts';
import { PaletteEdgeError } from '../errors.ts';
import { runLimited } from '../io/run-limited.ts';
import type { BlobReader } from '../oci/blob-access.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { maximumManifestSize } from '../oci/manifest.ts';
import { isIndexType, isManifestType } from '../oci/media-types.ts';
import { readWholeBlob } from '../oci/read-whole-blob.ts';
import type { BasePlace, FoundBlob, WantedBlob } from './base-place.ts';
import { imageUsers } from './image-users.ts';
import type { ImageUsers } from './image-users.ts';

/** Something whose inventory tells in which repositories blobs may be. */
export interface KnownBundle {
  readonly inventory: Inventory;
  /** Undefined when there is only the inventory. */
  readonly reader: BundleReader | undefined;
}

/** Questions at a time. */
const concurrency = 6;

/** What delta bundles take from registries and content stores, in place of bundles. */
export class BlobsElsewhere {
  readonly #places: readonly BasePlace[];
  readonly #known: KnownBundle[] = [];
  readonly #found = new Map<Digest, FoundBlob>();
  #users: Promise<ImageUsers> | undefined;
  #blobs: ReadonlyMap<Digest, BundledBlob> | undefined;

  constructor(places: readonly BasePlace[]) {
    this.#places = places;
  }

  /** For people, each place; empty when there is none to ask. */
  get names(): readonly string[] {
    return this.#places.map(({ name }) => name);
  }

  /** What was found so far. */
  get found(): ReadonlyMap<Digest, FoundBlob> {
    return this.#found;
  }

  /** Where we were not let in so far, while it was answered elsewhere. */
  get denials(): readonly PaletteEdgeError[] {
    return this.#places.flatMap(({ denials }) => denials?.() ?? []);
  }

  /** Takes note of images that blobs may be of. */
  learn(bundle: KnownBundle): void {
    this.#known.push(bundle);
    this.#users = undefined;
    this.#blobs = undefined;
  }

  /**
   * Asks for a blob.
   *
   * @returns undefined when it is nowhere
   * @throws PaletteEdgeError when a place cannot be asked
   */
  async find(digest: Digest, signal: AbortSignal): Promise<FoundBlob | undefined> {
    const found = this.#found.get(digest);
    if (found !== undefined || this.#places.length === 0) return found;
    return (await this.#findAsRoot(digest, signal)) ?? (await this.#findAmongAll(digest, signal));
  }

  /** Asks for several, some at a time. */
  async findAll(digests: readonly Digest[], signal: AbortSignal): Promise<void> {
    await runLimited(digests, { concurrency, signal }, async (digest, own) => {
      await this.find(digest, own);
    });
  }

  /** References of the images that need a blob, as far as that is known: those of bases first. */
  async imagesOf(digest: Digest, signal: AbortSignal): Promise<readonly string[]> {
    const users = (await this.#imageUsers(signal)).get(digest) ?? [];
    return [...new Set([...this.#rootOf(digest), ...users])];
  }

  /** Of an image itself it is known where it may be, without any manifest. */
  async #findAsRoot(digest: Digest, signal: AbortSignal): Promise<FoundBlob | undefined> {
    const images = this.#rootOf(digest);
    return images.length === 0 ? undefined : await this.#ask({ ...this.#described(digest), images }, signal);
  }

  async #findAmongAll(digest: Digest, signal: AbortSignal): Promise<FoundBlob | undefined> {
    const all = this.#known.flatMap(({ inventory }) => inventory.images.map(({ reference }) => reference));
    const likely = await this.imagesOf(digest, signal);
    const images = [...new Set([...likely, ...all])];
    return await this.#ask({ ...this.#described(digest), images }, signal);
  }

  #rootOf(digest: Digest): readonly string[] {
    return this.#known.flatMap(({ inventory }) =>
      inventory.images.filter((image) => image.digest === digest).map(({ reference }) => reference),
    );
  }

  #described(digest: Digest): Omit<WantedBlob, 'images'> {
    this.#blobs ??= new Map(
      this.#known.flatMap(({ inventory }) => inventory.blobs.map((blob) => [blob.digest, blob] as const)),
    );
    const blob = this.#blobs.get(digest);
    return {
      digest,
      size: blob?.size,
      isManifest: blob?.role === 'manifest' || blob?.role === 'index',
    };
  }

  async #ask(wanted: WantedBlob, signal: AbortSignal): Promise<FoundBlob | undefined> {
    let denial: PaletteEdgeError | undefined;
    for (const place of this.#places) {
      try {
        const found = await place.find(wanted, signal);
        if (found === undefined) continue;
        this.#found.set(wanted.digest, found);
        return found;
      } catch (error) {
        // Many registries answer so of what does not exist, and the next place may have it.
        if (!(error instanceof PaletteEdgeError) || error.kind !== 'authentication') throw error;
        denial ??= error;
      }
    }
    if (denial !== undefined) throw denial;
    return undefined;
  }

  async #imageUsers(signal: AbortSignal): Promise<ImageUsers> {
    const begun = (this.#users ??= this.#findUsers(signal));
    try {
      return await begun;
    } catch (error) {
      // Whoever asks next tries again: it may have been the end of somebody else.
      if (this.#users === begun) this.#users = undefined;
      throw error;
    }
  }

  async #findUsers(signal: AbortSignal): Promise<ImageUsers> {
    const users = new Map<Digest, Set<string>>();
    for (const { inventory, reader } of this.#known) {
      const known = { images: inventory.images, squeezed: reader?.stored.squeezed };
      const read = async (descriptor: Descriptor, image: string, own: AbortSignal) =>
        await this.#read(descriptor, { image, reader }, own);
      for (const [digest, images] of await imageUsers({ ...known, read }, signal))
        users.set(digest, new Set([...(users.get(digest) ?? []), ...[...images].toSorted()]));
    }
    return users;
  }

  /** Never through what asks here: that would wait for itself. */
  async #read(
    descriptor: Descriptor,
    { image, reader }: { readonly image: string; readonly reader: BundleReader | undefined },
    signal: AbortSignal,
  ): Promise<Uint8Array | undefined> {
    const { digest, mediaType, size } = descriptor;
    if (size > maximumManifestSize) throw tooLarge(image, digest);
    const holder = reader?.holderOf(digest);
    if (holder !== undefined && (await holder.sizeOf(digest)) !== undefined && !holder.needsBases(digest))
      return await readWholeBlob(holder, descriptor, signal);
    const isManifest = isManifestType(mediaType) || isIndexType(mediaType);
    const found =
      this.#found.get(digest) ?? (await this.#ask({ digest, size, isManifest, images: [image] }, signal));
    return found === undefined ? undefined : await readWholeBlob(readerOf(found), descriptor, signal);
  }
}

function readerOf({ open, size }: FoundBlob): BlobReader {
  return {
    sizeOf: async () => await Promise.resolve(size),
    open: async (blob, options = {}) => await open(blob, options),
  };
}

function tooLarge(image: string, digest: Digest): PaletteEdgeError {
  const message = `${image}: ${digest} is a manifest or config of over 4 MiB`;
  return new PaletteEdgeError('MANIFEST_INVALID', message, { kind: 'content' });
}
