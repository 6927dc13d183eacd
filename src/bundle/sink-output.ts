import type { FileHandle } from 'node:fs/promises';

import { allEnded } from '../io/all-ended.ts';
import type { Hasher, StreamHash } from '../io/hash-thread.ts';
import { toDigest } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';

/**
 * Where a bundle's bytes go: an empty file; anything that takes one write at a time, in order, and is done with the bytes when
 * it resolves; or anything that takes bytes in the order of the calls, and puts them into the bundle's hash too: that of what it has already,
 * if it can go on.
 */
export type BundleSink =
  | { readonly file: FileHandle }
  | { write(bytes: Uint8Array): Promise<void> }
  | {
      append(bytes: Uint8Array, whole: StreamHash): Promise<void>;
      goOn?(size: number, whole: StreamHash): Promise<void>;
    };

/** What was written. */
export interface WrittenBundle {
  /** Length in bytes. */
  readonly size: number;
  readonly sha256: Digest;
}

/** Bytes that are read at a time of what was written before. */
const pieceSize = 1024 * 1024;

/** Bytes on their way into a sink, with their length and hash. */
export class SinkOutput {
  readonly #sink: BundleSink;
  readonly #hash: StreamHash;
  #written: Promise<void> = Promise.resolve();
  #size = 0;

  constructor(sink: BundleSink, hasher: Hasher) {
    this.#sink = sink;
    this.#hash = hasher.begin();
  }

  /**
   * Begins behind so many bytes that the file has already: they are read once, for the hash of the whole.
   *
   * @throws the system's error when they cannot be read
   */
  async goOn(size: number): Promise<void> {
    const sink = this.#sink;
    if ('append' in sink && sink.goOn !== undefined) {
      await sink.goOn(size, this.#hash);
      this.#size = size;
      return;
    }
    if (!('file' in sink)) throw new TypeError('there is no file to go on with');
    while (this.#size < size) {
      const piece = Buffer.allocUnsafeSlow(Math.min(pieceSize, size - this.#size));
      const { bytesRead } = await sink.file.read(piece, 0, piece.length, this.#size);
      if (bytesRead === 0) throw new Error('a file of our own has become shorter');
      await this.#hash.update(piece.subarray(0, bytesRead));
      this.#size += bytesRead;
    }
  }

  /**
   * Bytes are taken in the order of the calls; the promise settles when nobody reads these any more.
   *
   * @throws what the sink throws
   */
  async write(bytes: Uint8Array): Promise<void> {
    const position = this.#size;
    this.#size += bytes.length;
    const sink = this.#sink;
    if ('file' in sink) {
      await this.#hash.updateAndWrite(bytes, { file: sink.file, position });
    } else if ('append' in sink) {
      await sink.append(bytes, this.#hash);
    } else {
      this.#written = writeAfter(this.#written, sink, bytes);
      await allEnded([this.#written, this.#hash.update(bytes)]);
    }
  }

  /** Says what was written, once every write has settled. */
  async finish(): Promise<WrittenBundle> {
    return { size: this.#size, sha256: toDigest(await this.#hash.digest()) };
  }
}

/** The sink takes one piece at a time, and nothing after a failure. */
async function writeAfter(
  previous: Promise<void>,
  sink: Extract<BundleSink, { write: unknown }>,
  bytes: Uint8Array,
): Promise<void> {
  await previous;
  await sink.write(bytes);
}
