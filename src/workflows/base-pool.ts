import { availableParallelism } from 'node:os';

import type { BundleBases, PatchContent } from '../bundle/bundle-bases.ts';
import { baseNeeded } from '../bundle/bundle-error.ts';
import type { BundleReader } from '../bundle/bundle-reader.ts';
import type { BaseBundle, DeltaContent } from '../bundle/squeezed-inventory.ts';
import { applyPatch } from '../delta/apply-patch.ts';
import type { OldTarAccess } from '../delta/old-tar.ts';
import type { OpenBlobOptions } from '../oci/blob-access.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import { digestOf } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import { SqueezeThreads } from '../squeeze/squeeze-threads.ts';
import { baseOf } from './base-identity.ts';
import { findHolders } from './find-holders.ts';
import type { OpenedBundle } from './open-bundle.ts';
import { PlainTars } from './plain-tars.ts';

/** A bundle that others may need, and its path as the user wrote it. */
export interface OpenBase {
  readonly path: string;
  readonly reader: BundleReader;
}

/** One that the user named as a base, and what it was found in. */
export type NamedBase = OpenBase & OpenedBundle;

/** The bundles that delta bundles were made against, as far as they were named. They may be delta bundles themselves. */
export class BasePool {
  readonly #bases: NamedBase[] = [];
  readonly #lent: OpenBase[] = [];
  readonly #tars: PlainTars;
  #threads: SqueezeThreads | undefined;
  #found: ReadonlyMap<Digest, BundleReader> | undefined;

  /** @param folder where layers of bases are decompressed to: on a disk */
  constructor(folder: string) {
    this.#tars = new PlainTars(folder, () => (this.#threads ??= new SqueezeThreads(availableParallelism())));
  }

  /** Those that it closes. */
  get bases(): readonly NamedBase[] {
    return this.#bases;
  }

  add(base: NamedBase): void {
    this.#bases.push(base);
    this.#found = undefined;
  }

  /** As {@link add}, of one that somebody else closes. */
  lend(base: OpenBase): void {
    this.#lent.push(base);
    this.#found = undefined;
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
   * Makes sure that all is here that a delta bundle takes from others, through any number of delta bundles.
   *
   * @throws PaletteEdgeError `BASE_NEEDED` (kind notFound) that names the first base that is missing
   */
  require({ path, reader }: OpenBase): void {
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
  async spaceFor(reader: BundleReader): Promise<number> {
    const olds = new Set(reader.stored.squeezed?.delta?.patches.flatMap((patch) => patch.olds));
    const sizes: number[] = [];
    // A set is iterated to its end, what is added meanwhile included.
    for (const digest of olds) {
      const holder = this.#holders.get(digest);
      for (const further of holder?.oldsOf(digest) ?? []) olds.add(further);
      sizes.push(holder === undefined ? 0 : await plainSizeIn(holder, digest));
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
    return (this.#found ??= findHolders(this.#all.map(({ reader }) => reader)));
  }

  #missing(delta: DeltaContent, what: string): Error {
    return baseNeeded(what, this.#missingBase(delta), this.#all.map(describe).join(', '));
  }

  /** The first base that is not here, of the delta bundle or of those that it was made against. */
  #missingBase(delta: DeltaContent): BaseBundle | undefined {
    const there = new Map(this.#all.map(({ reader }) => [digestOf(reader.inventoryBytes), reader]));
    const wanted = new Map(delta.bases.map((base) => [base.inventory, base]));
    // A map is iterated to its end, what is added meanwhile included.
    for (const [inventory, base] of wanted) {
      const reader = there.get(inventory);
      if (reader === undefined) return base;
      for (const further of reader.stored.squeezed?.delta?.bases ?? [])
        if (!wanted.has(further.inventory)) wanted.set(further.inventory, further);
    }
    return delta.bases[0];
  }

  async #open(
    delta: DeltaContent,
    name: string,
    { blob, options }: { readonly blob: BlobIdentity; readonly options: OpenBlobOptions },
  ): Promise<AsyncIterable<Uint8Array>> {
    const base = this.#holders.get(blob.digest);
    if (base === undefined) throw this.#missing(delta, `reading from ${name}: ${blob.digest} is in a base`);
    return await base.open(blob, options);
  }

  async *#patched(
    delta: DeltaContent,
    name: string,
    { content, start, signal = new AbortController().signal }: Patching,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const { patch, bytes } = content;
    const olds: { readonly reader: BundleReader; readonly layer: BlobIdentity }[] = [];
    for (const digest of patch.olds) {
      const reader = this.#holders.get(digest);
      const size = await reader?.sizeOf(digest);
      if (reader === undefined || size === undefined)
        throw this.#missing(
          delta,
          `reading from ${name}: there are changes to ${digest}, which is in a base`,
        );
      olds.push({ reader, layer: { digest, size } });
    }
    yield* this.#withTars(olds, [], {
      signal,
      use: (tars) => behind(start, applyPatch(bytes(signal), tars, { size: patch.size })),
    });
  }

  /** Each tar is kept as long as what is made of it is read. */
  async *#withTars(
    [first, ...rest]: readonly { readonly reader: BundleReader; readonly layer: BlobIdentity }[],
    tars: readonly OldTarAccess[],
    work: {
      readonly signal: AbortSignal;
      readonly use: (tars: readonly OldTarAccess[]) => AsyncIterable<Uint8Array>;
    },
  ): AsyncGenerator<Uint8Array, void, undefined> {
    if (first === undefined) {
      yield* work.use(tars);
      return;
    }
    await using hold = await this.#tars.hold(first.reader, first.layer, work.signal);
    yield* this.#withTars(rest, [...tars, hold.tar.access], work);
  }
}

interface Patching {
  readonly content: PatchContent;
  readonly start: number;
  readonly signal: AbortSignal | undefined;
}

async function* behind(
  start: number,
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  let position = 0;
  for await (const piece of pieces) {
    const part = piece.subarray(Math.max(0, start - position));
    position += piece.length;
    if (part.length > 0) yield part;
  }
}

function describe({ path, reader }: OpenBase): string {
  return `${path} is ${baseOf(reader).id}`;
}

/** RFC 1952, 2.3.1: the last four bytes of gzip are the size of what is in it, modulo 2^32. */
async function plainSizeIn(reader: BundleReader, digest: Digest): Promise<number> {
  const size = (await reader.sizeOf(digest)) ?? 0;
  const known = reader.plainSizeOf(digest);
  if (known !== undefined || size < 4) return known ?? 0;
  const end = await reader.copy({ digest, size }, { start: size - 4 });
  return Math.max(size, Buffer.from(end).readUInt32LE());
}
