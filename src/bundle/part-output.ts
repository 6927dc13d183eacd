import type { FileHandle } from 'node:fs/promises';

import { PaletteEdgeError } from '../errors.ts';
import { allEnded } from '../io/all-ended.ts';
import type { Hasher, StreamHash } from '../io/hash-thread.ts';
import { maximumParts } from './part-name.ts';

/** How a bundle is cut into parts. */
export interface PartOutputOptions {
  /** Bytes of every part but the last. */
  readonly partSize: number;
  /** Most parts; {@link maximumParts} unless said otherwise. */
  readonly most?: number;
  readonly hasher: Hasher;
  /** Makes the empty file of the next part. */
  readonly createFile: () => Promise<FileHandle>;
  /** Opens the file of a part that was begun before, by its number from 0, for reading and writing; undefined where there are none. */
  readonly openFile?: ((index: number) => Promise<FileHandle>) | undefined;
}

/** Bytes that are read at a time of what was written before. */
const pieceSize = 1024 * 1024;

/** A part that is on the disk. */
export interface WrittenPart {
  /** In bytes. */
  readonly size: number;
  /** In hex. */
  readonly sha256: string;
}

/**
 * Cuts what is written into parts of one size while it is written. Every part is synced and closed behind the back of the next one, so
 * few files are open at a time. Disposing closes what is still open.
 */
export class PartOutput implements AsyncDisposable {
  readonly #options: PartOutputOptions;
  readonly #ended: Promise<WrittenPart>[] = [];
  #last: Promise<HandedOver> = Promise.resolve({ done: Promise.resolve() });
  #part: OpenPart | undefined;

  constructor(options: PartOutputOptions) {
    this.#options = options;
  }

  /**
   * Takes bytes in the order of the calls, hashes them for the whole and for their part, and settles when nobody reads them any more.
   *
   * @param whole hash of all parts joined
   * @throws what creating, writing and syncing files throws; `TOO_MANY_PARTS` (kind usage)
   */
  async append(bytes: Uint8Array, whole: StreamHash): Promise<void> {
    const handed = this.#handOver(this.#last, bytes, whole);
    this.#last = handed;
    await (
      await handed
    ).done;
  }

  /**
   * Begins behind so many bytes that are in parts already: they are read once, for the hashes. Nothing may have been appended.
   *
   * @param whole hash of all parts joined
   * @throws the system's error when they cannot be read
   */
  async goOn(size: number, whole: StreamHash): Promise<void> {
    const { openFile, partSize, hasher } = this.#options;
    if (openFile === undefined) throw new TypeError('there are no parts to go on with');
    for (let done = 0; done < size; done += partSize) {
      await this.#ended.at(-1);
      this.#endPart();
      const part = {
        file: await openFile(this.#ended.length),
        hash: hasher.begin(),
        size: 0,
        written: Promise.resolve(),
      };
      this.#part = part;
      await readAgain(part, Math.min(partSize, size - done), whole);
    }
  }

  /** Ends the last part. Nothing can follow. */
  async finish(): Promise<WrittenPart[]> {
    await this.#last;
    this.#endPart();
    return await Promise.all(this.#ended);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled([this.#last, ...this.#ended]);
    const part = this.#part;
    this.#part = undefined;
    if (part === undefined) return;
    // It was given up: not worth a sync.
    await Promise.allSettled([part.written]);
    await part.file.close();
  }

  async #handOver(previous: Promise<HandedOver>, bytes: Uint8Array, whole: StreamHash): Promise<HandedOver> {
    await previous;
    const writes: Promise<void>[] = [];
    try {
      for (let taken = 0; taken < bytes.length;) {
        const part = await this.#partWithRoom();
        const cut = bytes.subarray(taken, taken + this.#options.partSize - part.size);
        const { file, size: position } = part;
        const write = allEnded([whole.updateAndWrite(cut, { file, position }), part.hash.update(cut)]);
        part.written = allEnded([part.written, write]);
        part.written.catch(() => undefined);
        part.size += cut.length;
        taken += cut.length;
        writes.push(write);
      }
    } catch (error) {
      await Promise.allSettled(writes);
      throw error;
    }
    return { done: allEnded(writes) };
  }

  async #partWithRoom(): Promise<OpenPart> {
    const { partSize, most = maximumParts, createFile, hasher } = this.#options;
    if (this.#part !== undefined && this.#part.size < partSize) return this.#part;
    if (this.#part !== undefined && this.#ended.length + 1 >= most) throw tooManyParts(partSize);
    // What failed is told before more is written.
    await this.#ended.at(-1);
    this.#endPart();
    this.#part = { file: await createFile(), hash: hasher.begin(), size: 0, written: Promise.resolve() };
    return this.#part;
  }

  #endPart(): void {
    if (this.#part === undefined) return;
    const ended = endPart(this.#part);
    // Whoever waits for it later gets the failure.
    ended.catch(() => undefined);
    this.#ended.push(ended);
    this.#part = undefined;
  }
}

/** Bytes that are on their way to their files; done when nobody reads them any more. */
interface HandedOver {
  readonly done: Promise<void>;
}

interface OpenPart {
  readonly file: FileHandle;
  readonly hash: StreamHash;
  size: number;
  written: Promise<void>;
}

async function readAgain(part: OpenPart, size: number, whole: StreamHash): Promise<void> {
  while (part.size < size) {
    const piece = Buffer.allocUnsafeSlow(Math.min(pieceSize, size - part.size));
    const { bytesRead } = await part.file.read(piece, 0, piece.length, part.size);
    if (bytesRead === 0) throw new Error('a file of our own has become shorter');
    const bytes = piece.subarray(0, bytesRead);
    await allEnded([whole.update(bytes), part.hash.update(bytes)]);
    part.size += bytesRead;
  }
}

async function endPart({ file, hash, size, written }: OpenPart): Promise<WrittenPart> {
  try {
    await written;
    await file.datasync();
  } finally {
    await file.close();
  }
  return { size, sha256: await hash.digest() };
}

/** The error for parts so small that nobody could count them. */
export function tooManyParts(partSize: number): PaletteEdgeError {
  return new PaletteEdgeError(
    'TOO_MANY_PARTS',
    `parts of ${partSize} bytes would be more than ${maximumParts}`,
    { kind: 'usage', suggestions: ['Name a larger size: --split 3GB'] },
  );
}
