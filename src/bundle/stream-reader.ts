import { PaletteEdgeError } from '../errors.ts';
import { totalSize } from '../io/total-size.ts';
import type { BlobReader } from '../oci/blob-access.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { sizeMismatch, verifiedContent } from '../oci/verified-content.ts';
import { damagedBundle, truncatedBundle } from './bundle-error.ts';
import { parseHead } from './bundle-head.ts';
import type { BundleHead, StoredContent } from './bundle-head.ts';
import type { BundledBlob, Inventory } from './inventory.ts';
import type { LayerRestorer } from './layer-restorer.ts';
import type { SqueezedLayer, StoredBlob } from './squeezed-inventory.ts';
import { StreamBytes } from '../io/stream-bytes.ts';
import { streamFrames } from './stream-frames.ts';
import { blobHeader, paddingFor, tarEnd } from './tar-layout.ts';

/** A blob of a bundle that is read from its beginning to its end. */
export interface BlobInTurn {
  readonly blob: BundledBlob;
  /** Verified, as that of any {@link BlobReader}. Whatever is left of it is passed over when the next one is asked for. */
  readonly content: AsyncIterable<Uint8Array>;
}

/** What a stream is read with. */
export interface StreamOptions {
  /** Needed for the layers of squeezed bundles; whoever gave it closes it. */
  readonly restorer?: LayerRestorer | undefined;
  /** Called before anything behind the head is read; what it throws ends the reading. */
  readonly checkHead?: ((head: BundleHead) => Promise<void>) | undefined;
}

/** What is kept of manifests and configs, in bytes: some ten thousand images. */
const heldBytes = 256 * 1024 * 1024;
const heldRoles: ReadonlySet<string> = new Set(['index', 'manifest', 'config', 'recipe']);
/** What stands among them in a squeezed bundle, for other tools. */
const passedRole = 'rewritten';

/**
 * Reads a bundle that comes as a stream, once, in the order of its tar. Manifests and configs come first and are kept in memory, so that
 * images can be looked into before their layers come.
 */
export class StreamReader implements BlobReader {
  readonly inventory: Inventory;
  readonly id: string;
  /** The inventory as it is in the bundle. */
  readonly inventoryBytes: Uint8Array;
  /** What is in the signature slot, when something is. Not checked here. */
  readonly signature: Uint8Array | undefined;
  /** The files of the head by path, checked against the inventory. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly #name: string;
  readonly #tar: StreamBytes;
  readonly #sizes: ReadonlyMap<Digest, number>;
  readonly #held = new Map<Digest, Uint8Array>();
  readonly #blobs: ReadonlyMap<Digest, BundledBlob>;
  readonly #restorer: LayerRestorer | undefined;
  /** Squeezed layers by what they decompress to. */
  readonly #layers: ReadonlyMap<Digest, readonly SqueezedLayer[]>;
  /** What is in the tar. */
  readonly stored: StoredContent;
  /** Blobs of the tar that the stream has passed. */
  #passed = 0;
  /** How many of them had been passed when the reader was opened. */
  #small = 0;

  private constructor(head: BundleHead, tar: StreamBytes, { name, restorer }: NamedStream) {
    this.inventory = head.inventory;
    this.stored = head.stored;
    this.id = head.stored.id;
    this.#restorer = restorer;
    this.#layers = Map.groupBy(head.stored.squeezed?.layers ?? [], ({ plain }) => plain);
    this.#blobs = new Map(head.inventory.blobs.map((blob) => [blob.digest, blob]));
    this.inventoryBytes = head.inventoryBytes;
    this.signature = head.signature;
    this.files = head.files;
    this.#name = name;
    this.#tar = tar;
    this.#sizes = new Map(head.inventory.blobs.map(({ digest, size }) => [digest, size]));
  }

  /**
   * Reads head, inventory, manifests and configs.
   *
   * @param name the bundle, for messages: `standard input`
   * @throws PaletteEdgeError `NOT_A_BUNDLE`, `BUNDLE_TRUNCATED`, `BUNDLE_DAMAGED`, `BUNDLE_VERSION_UNSUPPORTED` or
   *   `INVENTORY_INVALID` (kind content), or what the source or the check throws
   */
  static async open(
    source: AsyncIterable<Uint8Array>,
    name: string,
    { restorer, checkHead }: StreamOptions = {},
  ): Promise<StreamReader> {
    const frames = streamFrames(source, name);
    const first = await frames.next();
    if (first.done === true) throw truncatedBundle(name, 'nothing came');
    const head = parseHead(first.value, name);
    await checkHead?.(head);
    const reader = new StreamReader(head, new StreamBytes(frames), { name, restorer });
    await reader.#hold();
    return reader;
  }

  // oxlint-disable-next-line typescript/require-await -- the seam is asynchronous
  async sizeOf(digest: Digest): Promise<number | undefined> {
    return this.#sizes.get(digest);
  }

  /**
   * Opens a manifest or config.
   *
   * @throws PaletteEdgeError `BLOB_NOT_FOUND` (kind notFound) for a blob that was not kept
   */
  // oxlint-disable-next-line typescript/require-await -- the seam is asynchronous
  async open(blob: BlobIdentity): Promise<AsyncIterable<Uint8Array>> {
    const bytes = this.#held.get(blob.digest) ?? this.#notHeld(blob.digest);
    if (bytes.length !== blob.size) throw sizeMismatch(blob, String(bytes.length), this.#side);
    return inPieces([bytes]);
  }

  /**
   * Every blob that is wanted, once, in the order of the tar. After the last one the stream is not read on: see {@link finish}.
   *
   * @throws PaletteEdgeError `BUNDLE_DAMAGED`, `BUNDLE_TRUNCATED`, `DIGEST_MISMATCH` (kind content), `SAME_TAR_TWICE` (kind usage), or what the
   *   source throws
   */
  async *blobs(isWanted: (digest: Digest) => boolean): AsyncGenerator<BlobInTurn, void, undefined> {
    const { blobs } = this.stored;
    for (const { digest } of blobs.slice(0, this.#small)) {
      const blob = this.#blobs.get(digest);
      if (blob !== undefined && isWanted(digest)) yield { blob, content: await this.open(blob) };
    }
    const last = blobs.findLastIndex((blob) => this.#madeOf(blob, isWanted).length > 0);
    while (this.#passed <= last) {
      const stored = blobs[this.#passed];
      if (stored === undefined) return;
      const [made, another] = this.#madeOf(stored, isWanted);
      if (another !== undefined) throw sameTarTwice(this.#side, stored.digest);
      const counted = await this.#begin(stored);
      if (made !== undefined) yield this.#turnInto(made, stored, counted.pieces());
      await this.#end(stored, counted);
    }
  }

  /**
   * Every blob that is left in the tar, as it is there.
   *
   * @throws as {@link blobs}
   */
  async *storedBlobs(): AsyncGenerator<Pick<BlobInTurn, 'content'>, void, undefined> {
    for (const stored of this.stored.blobs.slice(this.#passed)) {
      const counted = await this.#begin(stored);
      yield { content: verifiedContent(stored, counted.pieces(), this.#side) };
      await this.#end(stored, counted);
    }
  }

  /** Whether something of it is in other bundles, which a stream is never read with. */
  get lacksBases(): boolean {
    return this.stored.squeezed?.delta !== undefined;
  }

  /** Bytes of the blobs that {@link storedBlobs} gives. */
  get left(): number {
    return totalSize(this.stored.blobs.slice(this.#passed));
  }

  /** Comes to the content of the next blob of the tar. */
  async #begin(stored: StoredBlob): Promise<CountedPieces> {
    await this.#expect(blobHeader(stored), stored);
    return new CountedPieces(this.#tar.pieces(stored.size));
  }

  /** Passes over what was not taken of it. */
  async #end(stored: StoredBlob, { size }: CountedPieces): Promise<void> {
    let left = stored.size - size;
    for await (const piece of this.#tar.pieces(left)) left -= piece.length;
    if (left > 0) throw truncatedBundle(this.#name, `it ends ${left} bytes early`);
    await this.#expect(paddingFor(stored.size), stored);
    this.#passed += 1;
  }

  /** The blobs of the bundle that a blob of the tar is, or is restored to. */
  #madeOf({ digest }: StoredBlob, isWanted: (digest: Digest) => boolean): BundledBlob[] {
    const digests = [digest, ...(this.#layers.get(digest) ?? []).map((layer) => layer.digest)];
    return digests.flatMap((each) => {
      const blob = this.#blobs.get(each);
      return blob !== undefined && isWanted(each) ? [blob] : [];
    });
  }

  #turnInto(blob: BundledBlob, stored: StoredBlob, pieces: AsyncIterable<Uint8Array>): BlobInTurn {
    const layer = this.#layers.get(stored.digest)?.find(({ digest }) => digest === blob.digest);
    if (layer === undefined) return { blob, content: verifiedContent(blob, pieces, this.#side) };
    if (this.#restorer === undefined) throw new TypeError('nobody is there to restore layers');
    const recipe = this.#held.get(layer.recipe);
    const restored = this.#restorer.restore({
      layer,
      recipe: async () => await Promise.resolve(recipe ?? this.#notHeld(layer.recipe)),
      plainSize: stored.size,
      plain: (start) => onlyFrom(start, pieces),
    });
    return { blob, content: verifiedContent(blob, restored, this.#side) };
  }

  /** Reads to the end, which must be that of a bundle. Blobs that were not asked for are not hashed. */
  async finish(): Promise<void> {
    for (const stored of this.stored.blobs.slice(this.#passed)) {
      await this.#end(stored, await this.#begin(stored));
    }
    const end = await this.#tar.take(tarEnd().length);
    if (!end.equals(tarEnd())) throw damagedBundle(this.#name, 'its tar does not end where it must');
    if (!(await this.#tar.isAtEnd()))
      throw damagedBundle(this.#name, 'its tar holds more than its inventory names');
  }

  /** Small blobs come first; a large config among them is no reason to stop. */
  async #hold(): Promise<void> {
    let held = 0;
    for (const blob of this.stored.blobs) {
      if (blob.role !== passedRole) held += blob.size;
      if ((blob.role !== passedRole && !heldRoles.has(blob.role)) || held > heldBytes) return;
      const counted = await this.#begin(blob);
      const bytes: Uint8Array[] = [];
      for await (const piece of verifiedContent(blob, counted.pieces(), this.#side))
        if (blob.role !== passedRole) bytes.push(piece);
      if (blob.role !== passedRole) this.#held.set(blob.digest, Buffer.concat(bytes));
      await this.#end(blob, counted);
      this.#small += 1;
    }
  }

  #notHeld(digest: Digest): never {
    throw new PaletteEdgeError('BLOB_NOT_FOUND', `${this.#side}: ${digest} cannot be read in turn`, {
      kind: 'notFound',
      suggestions: ['Name the bundle as a file.'],
    });
  }

  async #expect(expected: Buffer, { digest }: BlobIdentity): Promise<void> {
    const found = await this.#tar.take(expected.length);
    if (!found.equals(expected))
      throw damagedBundle(this.#name, `the tar header or padding of ${digest} is not as it must be`);
  }

  get #side(): string {
    return `reading from ${this.#name}`;
  }
}

interface NamedStream {
  readonly name: string;
  readonly restorer: LayerRestorer | undefined;
}

/** Of a stream everything comes once. */
function onlyFrom(start: number, pieces: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  if (start !== 0) throw new TypeError('a stream is read from its beginning');
  return pieces;
}

function sameTarTwice(side: string, digest: Digest): PaletteEdgeError {
  return new PaletteEdgeError(
    'SAME_TAR_TWICE',
    `${side}: several layers are restored from ${digest}, which comes only once`,
    { kind: 'usage', suggestions: ['Name the bundle as a file.'] },
  );
}

/** Counts what was taken: who reads a blob may stop in the middle. */
class CountedPieces {
  size = 0;
  readonly #pieces: AsyncIterable<Uint8Array>;

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces;
  }

  async *pieces(): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const piece of this.#pieces) {
      this.size += piece.length;
      yield piece;
    }
  }
}

async function* inPieces(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void, undefined> {
  for (const piece of pieces) yield await Promise.resolve(piece);
}
