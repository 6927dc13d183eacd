import { PaletteEdgeError } from '../errors.ts';
import type { BlobReader } from '../oci/blob-access.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { sizeMismatch, verifiedContent } from '../oci/verified-content.ts';
import { damagedBundle, truncatedBundle } from './bundle-error.ts';
import { parseHead } from './bundle-head.ts';
import type { BundleHead } from './bundle-head.ts';
import { inventoryId } from './inventory.ts';
import type { BundledBlob, Inventory } from './inventory.ts';
import { StreamBytes } from './stream-bytes.ts';
import { streamFrames } from './stream-frames.ts';
import { blobHeader, paddingFor, tarEnd } from './tar-layout.ts';

/** A blob of a bundle that is read from its beginning to its end. */
export interface BlobInTurn {
  readonly blob: BundledBlob;
  /** Verified, as that of any {@link BlobReader}. Whatever is left of it is passed over when the next one is asked for. */
  readonly content: AsyncIterable<Uint8Array>;
}

/** What is kept of manifests and configs, in bytes: some ten thousand images. */
const heldBytes = 256 * 1024 * 1024;
const heldRoles: ReadonlySet<string> = new Set(['index', 'manifest', 'config']);

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
  /** Blobs of the inventory that the stream has passed. */
  #passed = 0;

  private constructor(head: BundleHead, tar: StreamBytes, name: string) {
    this.inventory = head.inventory;
    this.id = inventoryId(head.inventoryBytes);
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
   *   `INVENTORY_INVALID` (kind content), or what the source throws
   */
  static async open(source: AsyncIterable<Uint8Array>, name: string): Promise<StreamReader> {
    const frames = streamFrames(source, name);
    const first = await frames.next();
    if (first.done === true) throw truncatedBundle(name, 'nothing came');
    const reader = new StreamReader(parseHead(first.value, name), new StreamBytes(frames), name);
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
    const bytes = this.#held.get(blob.digest);
    if (bytes === undefined) {
      throw new PaletteEdgeError('BLOB_NOT_FOUND', `${this.#side}: ${blob.digest} cannot be read in turn`, {
        kind: 'notFound',
        suggestions: ['Name the bundle as a file.'],
      });
    }
    if (bytes.length !== blob.size) throw sizeMismatch(blob, String(bytes.length), this.#side);
    return inPieces([bytes]);
  }

  /**
   * Every blob that is wanted, once, in the order of the inventory. After the last one the stream is not read on: see {@link finish}.
   *
   * @throws PaletteEdgeError `BUNDLE_DAMAGED`, `BUNDLE_TRUNCATED`, `DIGEST_MISMATCH` (kind content), or what the source throws
   */
  async *blobs(isWanted: (digest: Digest) => boolean): AsyncGenerator<BlobInTurn, void, undefined> {
    const { blobs } = this.inventory;
    for (const blob of blobs.slice(0, this.#held.size)) {
      if (isWanted(blob.digest)) yield { blob, content: await this.open(blob) };
    }
    const last = blobs.findLastIndex(({ digest }) => isWanted(digest));
    while (this.#passed <= last) {
      const blob = blobs[this.#passed];
      if (blob === undefined) return;
      await this.#expect(blobHeader(blob), blob);
      const counted = new CountedPieces(this.#tar.pieces(blob.size));
      if (isWanted(blob.digest)) yield { blob, content: verifiedContent(blob, counted.pieces(), this.#side) };
      await this.#passOver(blob.size - counted.size);
      await this.#expect(paddingFor(blob.size), blob);
      this.#passed += 1;
    }
  }

  /** Reads to the end, which must be that of a bundle. Blobs that were not asked for are not hashed. */
  async finish(): Promise<void> {
    const { blobs } = this.inventory;
    for (const blob of blobs.slice(this.#passed)) {
      await this.#expect(blobHeader(blob), blob);
      await this.#passOver(blob.size);
      await this.#expect(paddingFor(blob.size), blob);
      this.#passed += 1;
    }
    const end = await this.#tar.take(tarEnd().length);
    if (!end.equals(tarEnd())) throw damagedBundle(this.#name, 'its tar does not end where it must');
    if (!(await this.#tar.isAtEnd()))
      throw damagedBundle(this.#name, 'its tar holds more than its inventory names');
  }

  /** Small blobs come first; a large config among them is no reason to stop. */
  async #hold(): Promise<void> {
    let held = 0;
    for (const blob of this.inventory.blobs) {
      held += blob.size;
      if (!heldRoles.has(blob.role) || held > heldBytes) return;
      await this.#expect(blobHeader(blob), blob);
      const bytes: Uint8Array[] = [];
      for await (const piece of verifiedContent(blob, this.#tar.pieces(blob.size), this.#side))
        bytes.push(piece);
      this.#held.set(blob.digest, Buffer.concat(bytes));
      await this.#expect(paddingFor(blob.size), blob);
      this.#passed += 1;
    }
  }

  async #expect(expected: Buffer, { digest }: BundledBlob): Promise<void> {
    const found = await this.#tar.take(expected.length);
    if (!found.equals(expected))
      throw damagedBundle(this.#name, `the tar header or padding of ${digest} is not as it must be`);
  }

  async #passOver(length: number): Promise<void> {
    let left = length;
    for await (const piece of this.#tar.pieces(length)) left -= piece.length;
    if (left > 0) throw truncatedBundle(this.#name, `it ends ${left} bytes early`);
  }

  get #side(): string {
    return `reading from ${this.#name}`;
  }
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
