import { availableParallelism } from 'node:os';

import type { BundleBases, PatchContent } from '../bundle/bundle-bases.ts';
import { baseNeeded } from '../bundle/bundle-error.ts';
import type { BundleReader } from '../bundle/bundle-reader.ts';
import type { DeltaContent } from '../bundle/squeezed-inventory.ts';
import { applyPatch } from '../delta/apply-patch.ts';
import type { OldTarAccess } from '../delta/old-tar.ts';
import type { OpenBlobOptions } from '../oci/blob-access.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import { digestOf } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import { SqueezeThreads } from '../squeeze/squeeze-threads.ts';
import { baseOf } from './base-identity.ts';
import { PlainTars } from './plain-tars.ts';

/** A bundle that others may need, and its path as the user wrote it. */
export interface OpenBase {
  readonly path: string;
  readonly reader: BundleReader;
}

/** The bundles that delta bundles were made against, as far as they were named. They may be delta bundles themselves. */
export class BasePool {
  readonly #bases: OpenBase[] = [];
  readonly #lent: OpenBase[] = [];
  readonly #tars: PlainTars;
  #threads: SqueezeThreads | undefined;

  /** @param folder where layers of bases are decompressed to: on a disk */
  constructor(folder: string) {
    this.#tars = new PlainTars(folder, () => (this.#threads ??= new SqueezeThreads(availableParallelism())));
  }

  /** Those that it closes. */
  get bases(): readonly OpenBase[] {
    return this.#bases;
  }

  add(base: OpenBase): void {
    this.#bases.push(base);
  }

  /** As {@link add}, of one that somebody else closes. */
  lend(base: OpenBase): void {
    this.#lent.push(base);
  }

  /** What a delta bundle takes from here. */
  basesOf(delta: DeltaContent, name: string): BundleBases {
    return {
      holderOf: async (digest) => await this.#holderOf(delta, digest),
      open: async (blob, options) => await this.#open(delta, name, { blob, options }),
      patched: (content, start, signal) => this.#patched(delta, name, { content, start, signal }),
      // Whoever made the pool closes it.
      close: async () => await Promise.resolve(),
    };
  }

  /**
   * Makes sure that the bases of a delta bundle are here, and theirs.
   *
   * @throws PaletteEdgeError `BASE_NEEDED` (kind notFound) that names the first that is missing
   */
  async require({ path, reader }: OpenBase): Promise<void> {
    const delta = reader.stored.squeezed?.delta;
    if (delta === undefined) return;
    const found = this.#found(delta);
    for (const { digest } of delta.taken)
      if ((await this.#holderOf(delta, digest)) === undefined)
        throw this.#missing(delta, `${path} takes ${digest} from a base`);
    for (const digest of delta.patches.flatMap(({ olds }) => olds))
      if ((await this.#holderOf(delta, digest)) === undefined)
        throw this.#missing(delta, `${path} has changes to ${digest}`);
    for (const base of found) await this.require(base);
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

  /** All that are here: what is taken of them is known by its digest. Those that it was made against come first. */
  #found({ bases }: DeltaContent): OpenBase[] {
    const wanted = new Set(bases.map(({ inventory }) => inventory));
    const isWanted = ({ reader }: OpenBase): boolean => wanted.has(digestOf(reader.inventoryBytes));
    return this.#all.toSorted((left, right) => Number(isWanted(right)) - Number(isWanted(left)));
  }

  #missing(delta: DeltaContent, what: string): Error {
    const there = new Set(this.#all.map(({ reader }) => digestOf(reader.inventoryBytes)));
    const missing = delta.bases.find(({ inventory }) => !there.has(inventory));
    return baseNeeded(what, missing ?? delta.bases[0], this.#all.map(describe).join(', '));
  }

  async #holderOf(delta: DeltaContent, digest: Digest): Promise<BundleReader | undefined> {
    for (const { reader } of this.#found(delta))
      if ((await reader.sizeOf(digest)) !== undefined) return reader;
    return undefined;
  }

  async #open(
    delta: DeltaContent,
    name: string,
    { blob, options }: { readonly blob: BlobIdentity; readonly options: OpenBlobOptions },
  ): Promise<AsyncIterable<Uint8Array>> {
    const base = await this.#holderOf(delta, blob.digest);
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
      const reader = await this.#holderOf(delta, digest);
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
    if (first === undefined) return yield* work.use(tars);
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
