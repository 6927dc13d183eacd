import { createHash } from 'node:crypto';

import { PaletteEdgeError } from '../errors.ts';
import { toDigest } from '../oci/digest.ts';
import type { FrameReader } from './frame-reader.ts';
import type { StoredBlob } from './squeezed-inventory.ts';
import { blobHeader, paddingFor, tarEnd } from './tar-layout.ts';

/** How a bundle is verified. */
export interface VerifyOptions {
  /** Frames decompressed at the same time. */
  readonly concurrency?: number;
  readonly signal?: AbortSignal;
  /** Told how many more bytes of the tar were checked. */
  readonly onBytes?: (count: number) => void;
}

/** Something wrong behind the head; without a blob it is the end of the tar. */
export interface TarFault {
  readonly blob: StoredBlob | undefined;
  readonly message: string;
}

/** As many as libuv's thread pool has by default. */
const defaultConcurrency = 4;

/**
 * Checks every byte of the tar behind the head: each blob is hashed, each header and padding compared with the one that
 * the inventory implies. A damaged frame does not stop it: every blob with bytes in that frame is named.
 *
 * @returns at most one fault for each blob and one for the end of the tar
 * @throws a failure to read the file, or the signal's reason
 */
export async function verifyTar(
  frames: FrameReader,
  blobs: readonly StoredBlob[],
  options: VerifyOptions,
): Promise<TarFault[]> {
  const check = new TarCheck(blobs);
  await checkShort(frames, { check, ...options });
  for (let index = frames.firstLong; index < frames.count; index += 1)
    await checkLong(frames, index, { check, ...options });
  return check.finish();
}

async function checkShort(
  frames: FrameReader,
  { check, signal, onBytes, concurrency = defaultConcurrency }: Checking,
): Promise<void> {
  const most = frames.sideBySide(concurrency);
  const coming: Promise<LoadedFrame>[] = [];
  let ahead = 1;
  for (let index = 1; index < frames.firstLong; index += 1) {
    while (ahead < frames.firstLong && coming.length < most) {
      coming.push(load(frames, ahead));
      ahead += 1;
    }
    const loaded = await coming.shift();
    signal?.throwIfAborted();
    if (loaded?.content === undefined) check.skip(frames.contentSize(index), reasonOf(loaded?.error));
    else check.take(loaded.content);
    onBytes?.(frames.contentSize(index));
  }
}

interface Checking extends VerifyOptions {
  readonly check: TarCheck;
}

/** Whatever of a long frame came before its fault is hashed. */
async function checkLong(
  frames: FrameReader,
  index: number,
  { check, signal, onBytes }: Checking,
): Promise<void> {
  let left = frames.contentSize(index);
  try {
    for await (const piece of frames.pieces(index)) {
      signal?.throwIfAborted();
      check.take(piece);
      left -= piece.length;
      onBytes?.(piece.length);
    }
  } catch (error) {
    check.skip(left, reasonOf(error));
    if (left === 0) check.fault(reasonOf(error));
    onBytes?.(left);
  }
}

interface LoadedFrame {
  readonly content?: Uint8Array;
  readonly error?: unknown;
}

/** Never rejects: a frame read ahead may fail before anybody waits for it. */
async function load(frames: FrameReader, index: number): Promise<LoadedFrame> {
  try {
    return { content: await frames.read(index) };
  } catch (error) {
    return { error };
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof PaletteEdgeError && error.kind === 'content') return error.message;
  throw error;
}

/** A stretch of the tar: fixed bytes, or a blob's content. */
interface Stretch {
  readonly blob: StoredBlob | undefined;
  readonly what: string;
  readonly size: number;
  /** What must be there; undefined for content, which is hashed. */
  readonly expected: Buffer | undefined;
}

/** Follows the tar from stretch to stretch; lives for one {@link verifyTar}. */
class TarCheck {
  readonly #faults = new Map<StoredBlob | undefined, string>();
  readonly #stretches: Iterator<Stretch>;
  #current: Stretch | undefined;
  #done = 0;
  #hash = createHash('sha256');

  constructor(blobs: readonly StoredBlob[]) {
    this.#stretches = stretchesOf(blobs);
    this.#next();
  }

  take(bytes: Uint8Array): void {
    this.#walk(bytes.length, (stretch, start, length) => {
      const part = bytes.subarray(start, start + length);
      if (stretch.expected === undefined) this.#hash.update(part);
      else if (!stretch.expected.subarray(this.#done, this.#done + length).equals(part)) {
        this.#fault(stretch, `${stretch.what} is not as it must be`);
      }
    });
  }

  skip(size: number, reason: string): void {
    this.#walk(size, (stretch) => this.#fault(stretch, reason));
  }

  /** Of a frame whose content is as it must be. */
  fault(message: string): void {
    if (!this.#faults.has(undefined)) this.#faults.set(undefined, message);
  }

  finish(): TarFault[] {
    return [...this.#faults].map(([blob, message]) => ({ blob, message }));
  }

  #walk(size: number, visit: (stretch: Stretch, start: number, length: number) => void): void {
    let position = 0;
    while (position < size && this.#current !== undefined) {
      const length = Math.min(size - position, this.#current.size - this.#done);
      visit(this.#current, position, length);
      position += length;
      this.#done += length;
      if (this.#done === this.#current.size) this.#next();
    }
  }

  #next(): void {
    do {
      if (this.#current !== undefined) this.#end(this.#current);
      this.#current = this.#stretches.next().value;
      this.#done = 0;
    } while (this.#current?.size === 0);
  }

  #end(stretch: Stretch): void {
    if (stretch.blob === undefined || stretch.expected !== undefined) return;
    const received = toDigest(this.#hash.digest('hex'));
    this.#hash = createHash('sha256');
    if (received !== stretch.blob.digest) {
      this.#fault(stretch, `its content has the digest ${received}`);
    }
  }

  /** The first fault of a blob says what happened; later ones follow from it. */
  #fault({ blob }: Stretch, message: string): void {
    if (!this.#faults.has(blob)) this.#faults.set(blob, message);
  }
}

function* stretchesOf(blobs: readonly StoredBlob[]): Generator<Stretch, undefined, undefined> {
  for (const blob of blobs) {
    const header = blobHeader(blob);
    const padding = paddingFor(blob.size);
    yield { blob, what: 'its tar header', size: header.length, expected: header };
    yield { blob, what: 'its content', size: blob.size, expected: undefined };
    yield { blob, what: 'its tar padding', size: padding.length, expected: padding };
  }
  const end = tarEnd();
  yield { blob: undefined, what: 'the end of the tar', size: end.length, expected: end };
}
