import { availableParallelism } from 'node:os';

import type { BundleBases, PatchContent } from '../bundle/bundle-bases.ts';
import { baseNeeded } from '../bundle/bundle-error.ts';
import type { BundleReader } from '../bundle/bundle-reader.ts';
import type { BaseBundle, DeltaContent } from '../bundle/squeezed-inventory.ts';
import type { OpenBlobOptions } from '../oci/blob-access.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import { digestOf } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import type { RepositoryName } from '../registry/repository-name.ts';
import { SqueezeThreads } from '../squeeze/squeeze-threads.ts';
import type { InventoryFile } from './base-inventory.ts';
import { baseOf } from './base-identity.ts';
import type { BasePlace } from './base-place.ts';
import { BlobsElsewhere } from './blobs-elsewhere.ts';
import { findHolders } from './find-holders.ts';
import { missingBlobs } from './missing-blobs.ts';
import type { OpenedBundle } from './open-bundle.ts';
import { patchedContent } from './patched-content.ts';
import type { OldLayer } from './patched-content.ts';
import { plainSizeElsewhere, plainSizeIn } from './plain-size.ts';
import { PlainTars } from './plain-tars.ts';

/** A bundle that others may need, and its path as the user wrote it. */
export interface OpenBase {
  readonly path: string;
  readonly reader: BundleReader;
}

/** One that the user named as a base, and what it was found in. */
export type NamedBase = OpenBase & OpenedBundle;

/** What delta bundles find the rest in. */
export interface BasePoolOptions {
  /** Where layers of bases are decompressed to: on a disk. */
  readonly folder: string;
  /** Asked for what no bundle has. */
  readonly places?: readonly BasePlace[] | undefined;
  /** Of bases that are in those places. */
  readonly inventories?: readonly InventoryFile[];
}

/**
 * The bundles that delta bundles were made against, as far as they were named, which may be delta bundles themselves; and other places that
 * have what is in them.
 */
export class BasePool {
  readonly #bases: NamedBase[] = [];
  readonly #lent: OpenBase[] = [];
  readonly #tars: PlainTars;
  #threads: SqueezeThreads | undefined;
  readonly #elsewhere: BlobsElsewhere;
  readonly #inventories: readonly InventoryFile[];
  #found: ReadonlyMap<Digest, BundleReader> | undefined;

  constructor({ folder, places = [], inventories = [] }: BasePoolOptions) {
    this.#tars = new PlainTars(folder, () => (this.#threads ??= new SqueezeThreads(availableParallelism())));
    this.#elsewhere = new BlobsElsewhere(places);
    this.#inventories = inventories;
    for (const each of inventories) this.#elsewhere.learn(each);
  }

  /** Those that it closes. */
  get bases(): readonly NamedBase[] {
    return this.#bases;
  }

  add(base: NamedBase): void {
    this.#bases.push(base);
    this.#found = undefined;
    this.know(base);
  }

  /** As {@link add}, of one that somebody else closes. */
  lend(base: OpenBase): void {
    this.#lent.push(base);
    this.#found = undefined;
  }

  /** Takes note of a bundle, whose images tell where blobs may be, and who needs them. */
  know({ reader }: OpenBase): void {
    if (reader.stored.squeezed?.delta !== undefined)
      this.#elsewhere.learn({ inventory: reader.inventory, reader });
  }

  /** Whether there are places to ask, besides bundles. */
  get asksElsewhere(): boolean {
    return this.#elsewhere.names.length > 0;
  }

  /** The repository where a blob was found, if it was. */
  repositoryOf(digest: Digest): RepositoryName | undefined {
    return this.#elsewhere.found.get(digest)?.repository;
  }

  /** What a delta bundle takes from here. */
  basesOf(delta: DeltaContent, name: string): BundleBases {
    return {
      holderOf: (digest) => this.#holders.get(digest),
      open: async (blob, options) => await this.#open(delta, name, { blob, options }),
      patched: (content, start, signal) => this.#patched(delta, name, { content, start, signal }),
      // Whoever made the pool closes it.
      close: async () => await Promise.resolve(),
    };
  }

  /**
   * Makes sure that all is here that a delta bundle takes from others, through any number of delta bundles. What no bundle has is asked for.
   *
   * @param blobs the ones that are going to be read; all unless given
   * @throws PaletteEdgeError `BASE_NEEDED` (kind notFound) that names what is missing, or that a place cannot be asked
   */
  async require(bundle: OpenBase, signal: AbortSignal, blobs?: Iterable<Digest>): Promise<void> {
    const { squeezed } = bundle.reader.stored;
    if (squeezed?.delta === undefined) return;
    if (!this.asksElsewhere) {
      this.requireFromBundles(bundle);
      return;
    }
    const needed = neededOf(bundle.reader, blobs);
    await this.#elsewhere.findAll(this.#unheld(needed), signal);
    this.#found = undefined;
    const missing = needed.filter(
      (digest) => !this.#holders.has(digest) && !this.#elsewhere.found.has(digest),
    );
    if (missing.length === 0) return;
    const images = async (digest: Digest) => await this.#elsewhere.imagesOf(digest, signal);
    throw await missingBlobs(bundle, missing, {
      images,
      places: [
        ...this.#elsewhere.names,
        ...this.#all.filter(({ path }) => path !== bundle.path).map(describe),
      ],
      inventories: this.#inventories,
      denials: this.#elsewhere.denials,
    });
  }

  /**
   * As {@link require}, where all has to be in bundles.
   *
   * @throws PaletteEdgeError `BASE_NEEDED` (kind notFound) that names the bases that are missing
   */
  requireFromBundles({ path, reader }: OpenBase): void {
    const delta = reader.stored.squeezed?.delta;
    if (delta === undefined) return;
    for (const { digest } of delta.taken)
      if (!this.#holders.has(digest)) throw this.#missing(delta, `${path} takes ${digest} from a base`);
    for (const digest of delta.patches.flatMap(({ olds }) => olds))
      if (!this.#holders.has(digest)) throw this.#missing(delta, `${path} has changes to ${digest}`);
  }

  /**
   * Bytes of the layers that are decompressed at a time when all of a delta bundle is read. Of gzip, as far as its end tells: a hint.
   *
   * @throws what reading the bases throws
   */
  async spaceFor(reader: BundleReader, signal: AbortSignal): Promise<number> {
    const olds = new Set(reader.stored.squeezed?.delta?.patches.flatMap((patch) => patch.olds));
    const sizes: number[] = [];
    // A set is iterated to its end, what is added meanwhile included.
    for (const digest of olds) {
      signal.throwIfAborted();
      const holder = this.#holders.get(digest);
      for (const further of holder?.oldsOf(digest) ?? []) olds.add(further);
      const found = this.#elsewhere.found.get(digest);
      if (holder !== undefined) sizes.push(await plainSizeIn(holder, digest));
      else if (found !== undefined) sizes.push(await plainSizeElsewhere(found, digest, signal));
    }
    return PlainTars.spaceFor(sizes);
  }

  /** Closes the bases, and gives the space of decompressed layers back. */
  async close(): Promise<void> {
    await this.#tars[Symbol.asyncDispose]();
    await this.#threads?.[Symbol.asyncDispose]();
    for (const { reader } of this.#bases) await reader.close();
  }

  get #all(): readonly OpenBase[] {
    return [...this.#bases, ...this.#lent];
  }

  /** What is taken from bases is known by its digest: any bundle that is here may have it. */
  get #holders(): ReadonlyMap<Digest, BundleReader> {
    return (this.#found ??= findHolders(
      this.#all.map(({ reader }) => reader),
      this.#elsewhere.found,
    ));
  }

  /** What has to be asked for: of a layer that is made of others, those as well. */
  #unheld(needed: readonly Digest[]): readonly Digest[] {
    const wanted = new Set(needed);
    // A set is iterated to its end, what is added meanwhile included.
    for (const digest of wanted) {
      if (this.#holders.has(digest)) wanted.delete(digest);
      const olds = this.#all.flatMap(({ reader }) => reader.oldsOf(digest));
      for (const old of this.#holders.has(digest) ? [] : olds) wanted.add(old);
    }
    return [...wanted];
  }

  /** Where a layer is read from that a patch is against. */
  async #sourceOf(digest: Digest, signal: AbortSignal): Promise<OldLayer | undefined> {
    const reader = this.#holders.get(digest);
    const held = await reader?.sizeOf(digest);
    if (reader !== undefined && held !== undefined) return { source: reader, layer: { digest, size: held } };
    const found = await this.#elsewhere.find(digest, signal);
    if (found === undefined) return undefined;
    const { size } = found;
    const holder = {
      plainOf: () => undefined,
      open: async (_layer: BlobIdentity, options: OpenBlobOptions = {}) =>
        await found.open({ digest, size }, options),
    };
    return { source: { holderOf: () => holder }, layer: { digest, size: size ?? 0 } };
  }

  #missing(delta: DeltaContent, what: string): Error {
    const inventories = this.#inventories.map(
      ({ path }) => `of ${path}, an inventory, there is no content: add --base-registry`,
    );
    const given = [
      ...this.#elsewhere.names,
      ...this.#all.map(describe),
      ...(this.asksElsewhere ? [] : inventories),
    ];
    return baseNeeded(what, this.#missingBases(delta), given.join(', '));
  }

  /** The bases that are not here, of the delta bundle and of those that it was made against. */
  #missingBases(delta: DeltaContent): readonly BaseBundle[] {
    const there = new Map(this.#all.map(({ reader }) => [digestOf(reader.inventoryBytes), reader]));
    const wanted = new Map(delta.bases.map((base) => [base.inventory, base]));
    // A map is iterated to its end, what is added meanwhile included.
    for (const inventory of wanted.keys())
      for (const further of there.get(inventory)?.stored.squeezed?.delta?.bases ?? [])
        if (!wanted.has(further.inventory)) wanted.set(further.inventory, further);
    const missing = [...wanted.values()].filter(({ inventory }) => !there.has(inventory));
    return missing.length > 0 ? missing : delta.bases;
  }

  async #open(
    delta: DeltaContent,
    name: string,
    { blob, options }: { readonly blob: BlobIdentity; readonly options: OpenBlobOptions },
  ): Promise<AsyncIterable<Uint8Array>> {
    const base = this.#holders.get(blob.digest);
    if (base !== undefined) return await base.open(blob, options);
    const { signal = new AbortController().signal } = options;
    const found = await this.#elsewhere.find(blob.digest, signal);
    if (found === undefined) throw this.#missing(delta, `reading from ${name}: ${blob.digest} is in a base`);
    return await found.open(blob, options);
  }

  async *#patched(
    delta: DeltaContent,
    name: string,
    { content, start, signal = new AbortController().signal }: Patching,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const { patch } = content;
    const olds: OldLayer[] = [];
    for (const digest of patch.olds) {
      const old = await this.#sourceOf(digest, signal);
      if (old === undefined)
        throw this.#missing(
          delta,
          `reading from ${name}: there are changes to ${digest}, which is in a base`,
        );
      olds.push(old);
    }
    yield* patchedContent(content, olds, { tars: this.#tars, start, signal });
  }
}

interface Patching {
  readonly content: PatchContent;
  readonly start: number;
  readonly signal: AbortSignal | undefined;
}

/** What blobs of a delta bundle need of others, each once. */
function neededOf(reader: BundleReader, blobs: Iterable<Digest> | undefined): readonly Digest[] {
  const delta = reader.stored.squeezed?.delta;
  const taken = new Set(delta?.taken.map(({ digest }) => digest));
  const all = blobs ?? reader.inventory.blobs.map(({ digest }) => digest);
  const needed = [...all].flatMap((digest) => (taken.has(digest) ? [digest] : reader.oldsOf(digest)));
  return [...new Set(needed)];
}

function describe({ path, reader }: OpenBase): string {
  return `${path} is ${baseOf(reader).id}`;
}
