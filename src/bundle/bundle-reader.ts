import { PaletteEdgeError } from '../errors.ts';
import type { BlobRange, BlobReader, OpenBlobOptions } from '../oci/blob-access.ts';
import { partOfContent } from '../oci/part-of-content.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { readWholeBlob } from '../oci/read-whole-blob.ts';
import { sizeMismatch, verifiedContent } from '../oci/verified-content.ts';
import type { BundleBases, FindBases } from './bundle-bases.ts';
import { baseNeeded, damagedBundle } from './bundle-error.ts';
import { parseHead } from './bundle-head.ts';
import type { BundleHead, StoredContent } from './bundle-head.ts';
import type { RandomAccess } from '../io/random-access.ts';
import { FrameReader } from './frame-reader.ts';
import type { TarRange } from './frame-reader.ts';
import { readFrameTable } from './frame-table.ts';
import type { BundledBlob, Inventory } from './inventory.ts';
import type { LayerRestorer, SqueezedContent } from './layer-restorer.ts';
import type { DeltaPatch, SqueezedLayer, TakenBlob } from './squeezed-inventory.ts';
import { placeBlobs, tarEnd } from './tar-layout.ts';

/** Reads a bundle without unpacking it: opening reads the end and the head, a blob only the frames that hold it. */
export class BundleReader implements BlobReader {
  /** Of a squeezed bundle, that of the plain one: whoever reads a bundle sees what was put into it. */
  readonly inventory: Inventory;
  /** The first 8 hex digits of its inventory's sha256; of a squeezed bundle, its own. */
  readonly id: string;
  /** The bytes of {@link inventory}. */
  readonly inventoryBytes: Uint8Array;
  /** What is in the signature slot, when something is. Not checked here. */
  readonly signature: Uint8Array | undefined;
  /** The files of the head by path, checked against the inventory. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Length of the bundle in bytes. */
  readonly size: number;
  /** The tar inside. */
  readonly frames: FrameReader;
  /** What is in the tar. */
  readonly stored: StoredContent;
  readonly #bundle: RandomAccess;
  readonly #name: string;
  readonly #positions: ReadonlyMap<Digest, { readonly position: number; readonly size: number }>;
  readonly #squeezed: ReadonlyMap<Digest, SqueezedLayer>;
  readonly #restorer: LayerRestorer | undefined;
  readonly #taken: ReadonlyMap<Digest, TakenBlob>;
  readonly #patches: ReadonlyMap<Digest, DeltaPatch>;
  readonly #bases: BundleBases | undefined;

  private constructor(bundle: RandomAccess, name: string, opened: OpenedBundle) {
    const { head, frames, positions, restorer, findBases } = opened;
    this.inventory = head.inventory;
    this.inventoryBytes = head.inventoryBytes;
    this.stored = head.stored;
    this.id = head.stored.id;
    this.#restorer = restorer;
    const delta = head.stored.squeezed?.delta;
    this.#taken = new Map(delta?.taken.map((blob) => [blob.digest, blob]));
    this.#patches = new Map(delta?.patches.map((patch) => [patch.plain, patch]));
    this.#bases = delta === undefined ? undefined : findBases?.(delta, name);
    this.#squeezed = new Map(head.stored.squeezed?.layers.map((layer) => [layer.digest, layer]));
    this.signature = head.signature;
    this.files = head.files;
    this.size = bundle.size;
    this.frames = frames;
    this.#bundle = bundle;
    this.#name = name;
    this.#positions = positions;
  }

  /**
   * Opens a bundle and checks its seek table, head and inventory. The reader closes `bundle`, also when opening fails.
   *
   * @param name the bundle, for messages: a path as the user wrote it
   * @param parts what squeezed bundles and delta bundles are read with
   * @throws PaletteEdgeError `NOT_A_BUNDLE`, `BUNDLE_TRUNCATED`, `BUNDLE_DAMAGED`, `BUNDLE_VERSION_UNSUPPORTED` or
   *   `INVENTORY_INVALID` (kind content), or a failure to read it
   */
  static async open(bundle: RandomAccess, name: string, parts: ReaderParts = {}): Promise<BundleReader> {
    try {
      return new BundleReader(bundle, name, { ...(await openBundle(bundle, name)), ...parts });
    } catch (error) {
      await bundle.close();
      throw error;
    }
  }

  // oxlint-disable-next-line typescript/require-await -- the seam is asynchronous
  async sizeOf(digest: Digest): Promise<number | undefined> {
    const made = this.#squeezed.get(digest) ?? this.#positions.get(digest);
    return made?.size ?? this.#taken.get(digest)?.size;
  }

  /** Whether something of it is in other bundles, of which none were named. */
  get lacksBases(): boolean {
    return this.stored.squeezed?.delta !== undefined && this.#bases === undefined;
  }

  /** The bundle that holds a blob: a base, or else this one. */
  holderOf(digest: Digest): BundleReader {
    return (this.#taken.has(digest) ? this.#bases?.holderOf(digest) : undefined) ?? this;
  }

  /** Every blob of the inventory that is not in a base. */
  *own(): Generator<Digest, void, undefined> {
    for (const { digest } of this.inventory.blobs) if (!this.#taken.has(digest)) yield digest;
  }

  /** The layers of bases that a layer is made of, when it is a patch that gives it. */
  oldsOf(digest: Digest): readonly Digest[] {
    return this.#patchOf(digest)?.olds ?? [];
  }

  /** Which tar a layer decompresses to; undefined of one that is in the bundle as gzip. */
  plainIdentityOf(digest: Digest): BlobIdentity | undefined {
    const layer = this.#squeezed.get(digest);
    return layer === undefined
      ? undefined
      : { digest: layer.plain, size: this.squeezedContent(layer).plainSize };
  }

  /** Whether bases are needed to read a blob. */
  needsBases(digest: Digest): boolean {
    return this.#taken.has(digest) || this.#patchOf(digest) !== undefined;
  }

  #patchOf(digest: Digest): DeltaPatch | undefined {
    const layer = this.#squeezed.get(digest);
    return layer === undefined ? undefined : this.#patches.get(layer.plain);
  }

  /** The blobs of the inventory in the order of what they are read from: so that little is decompressed twice. */
  inTarOrder(): readonly BundledBlob[] {
    if (this.stored.squeezed === undefined) return this.inventory.blobs;
    const storedFor = (digest: Digest): Digest => {
      const plain = this.#squeezed.get(digest)?.plain ?? digest;
      return this.#patches.get(plain)?.patch ?? plain;
    };
    const positionOf = ({ digest }: BundledBlob): number =>
      this.#positions.get(storedFor(digest))?.position ?? 0;
    return this.inventory.blobs.toSorted((left, right) => positionOf(left) - positionOf(right));
  }

  /** Whether a blob has to be made again from what is in the tar: parts of it cannot be read alone. */
  isSqueezed(digest: Digest): boolean {
    return this.#squeezed.has(digest);
  }

  // oxlint-disable-next-line typescript/require-await -- the seam is asynchronous
  async open(blob: BlobIdentity, options: OpenBlobOptions = {}): Promise<AsyncIterable<Uint8Array>> {
    const { range, signal } = options;
    const layer = this.#squeezed.get(blob.digest);
    if (layer !== undefined) return this.#restored(layer, blob, options);
    if (this.#taken.has(blob.digest)) return await this.#basesOrFail(blob.digest).open(blob, options);
    const content = this.frames.stream(this.#placeOf(blob, range), signal);
    return range === undefined ? verifiedContent(blob, content, this.#side) : content;
  }

  #restored(
    layer: SqueezedLayer,
    blob: BlobIdentity,
    { range, signal }: OpenBlobOptions,
  ): AsyncIterable<Uint8Array> {
    const side = this.#side;
    if (layer.size !== blob.size) throw sizeMismatch(blob, String(layer.size), side);
    if (this.#restorer === undefined) throw new TypeError('nobody is there to restore layers');
    const whole = verifiedContent(blob, this.#restorer.restore(this.squeezedContent(layer), signal), side);
    return range === undefined ? whole : partOfContent(whole, range);
  }

  #basesOrFail(digest: Digest): BundleBases {
    if (this.#bases !== undefined) return this.#bases;
    const bases = this.stored.squeezed?.delta?.bases ?? [];
    throw baseNeeded(`${this.#side}: ${digest} is in a base of this delta bundle`, bases);
  }

  /**
   * What a layer of this bundle decompresses to, from a position on. It is not verified.
   *
   * @returns undefined of one that is in the bundle as gzip
   */
  plainOf(digest: Digest, start: number, signal?: AbortSignal): AsyncIterable<Uint8Array> | undefined {
    const layer = this.#squeezed.get(digest);
    return layer === undefined ? undefined : this.squeezedContent(layer).plain(start, signal);
  }

  /** What a squeezed layer is restored from. */
  squeezedContent(layer: SqueezedLayer): SqueezedContent {
    const identityOf = (digest: Digest): BlobIdentity => ({
      digest,
      size: this.#positions.get(digest)?.size ?? 0,
    });
    const patch = this.#patches.get(layer.plain);
    const { size } = patch ?? identityOf(layer.plain);
    const stream = (digest: Digest, range: BlobRange, signal?: AbortSignal): AsyncIterable<Uint8Array> =>
      this.frames.stream(this.#placeOf(identityOf(digest), range), signal);
    return {
      layer,
      recipe: async (signal) => await readWholeBlob(this, identityOf(layer.recipe), signal),
      plainSize: size,
      // Whoever restores checks what comes out.
      plain: (start, signal) =>
        patch === undefined
          ? stream(layer.plain, { start }, signal)
          : this.#basesOrFail(patch.plain).patched(
              {
                patch,
                size: identityOf(patch.patch).size,
                bytes: (range, own) => stream(patch.patch, range, own),
              },
              start,
              signal,
            ),
    };
  }

  /**
   * A part of a blob as a copy, for many readers at once; see {@link FrameReader.copy}. It is checked by the checks of its frames.
   *
   * @throws as {@link open} and its content do
   */
  async copy(blob: BlobIdentity, range: BlobRange, signal?: AbortSignal): Promise<Uint8Array> {
    return await this.frames.copy(this.#placeOf(blob, range), signal);
  }

  /** Where in a blob the frame ends that holds a byte of it, at most its end. Until there one frame has to be read. */
  frameEnd(blob: BlobIdentity, start: number): number {
    const place = this.#placeOf(blob, { start });
    return start + Math.min(place.end, this.frames.endAt(place.start)) - place.start;
  }

  get #side(): string {
    return `reading from ${this.#name}`;
  }

  #placeOf(blob: BlobIdentity, range: BlobRange | undefined): TarRange {
    const side = this.#side;
    const place = this.#positions.get(blob.digest);
    if (place === undefined) {
      throw new PaletteEdgeError('BLOB_NOT_FOUND', `${side}: ${blob.digest} is not in the bundle`, {
        kind: 'notFound',
      });
    }
    if (place.size !== blob.size) throw sizeMismatch(blob, String(place.size), side);
    const { start, end = blob.size } = range ?? { start: 0 };
    if (start < 0 || end < start || end > blob.size) {
      throw new RangeError(`bytes ${start} to ${end} are not inside a blob of ${blob.size}`);
    }
    return { start: place.position + start, end: place.position + end };
  }

  async close(): Promise<void> {
    await this.#restorer?.close();
    await this.#bases?.close();
    await this.frames.close();
    await this.#bundle.close();
  }
}

/** What bundles are read with that are not plain. The reader closes it. */
export interface ReaderParts {
  /** Needed for the layers of squeezed bundles. */
  readonly restorer?: LayerRestorer | undefined;
  /** Needed for what delta bundles do not have. */
  readonly findBases?: FindBases | undefined;
}

interface OpenedBundle extends ReaderParts {
  readonly head: BundleHead;
  readonly frames: FrameReader;
  readonly positions: ReadonlyMap<Digest, { readonly position: number; readonly size: number }>;
}

async function openBundle(bundle: RandomAccess, name: string): Promise<OpenedBundle> {
  const frames = new FrameReader(bundle, await readFrameTable(bundle, name), name);
  const headContent = await frames.read(0);
  const head = parseHead(headContent, name);
  const { blobs, longFrom } = head.stored;
  const { placed, tarSize } = placeBlobs(blobs, headContent.length);
  if (tarSize !== frames.tarSize) {
    throw damagedBundle(name, `its frames hold ${frames.tarSize} bytes, its inventory names ${tarSize}`);
  }
  const short = placeBlobs(blobs.slice(0, longFrom), headContent.length).tarSize - tarEnd().length;
  const longStart = longFrom === blobs.length ? tarSize : short;
  if (longStart !== frames.longStart)
    throw damagedBundle(
      name,
      `its long frames begin at ${frames.longStart}, its inventory says ${longStart}`,
    );
  const positions = new Map(placed.map(({ blob, position }) => [blob.digest, { position, size: blob.size }]));
  return { head, frames, positions };
}
