import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';

import { PaletteEdgeError } from '../errors.ts';
import type { RandomAccess } from '../io/random-access.ts';
import { totalSize } from '../io/total-size.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import { toDigest } from '../oci/digest.ts';
import type { Frame } from './frame-table.ts';
import { defaultFrameContent } from './plan-bundle.ts';
import { sectionSize } from './tar-behind-head.ts';
import { blobHeader, encodeHead } from './tar-layout.ts';
import type { WriteBundleOptions } from './write-bundle.ts';
import { frameBound, frameLength } from './zstd-frame-structure.ts';
import { compressFrame, decompressFrame, frameCheck } from './zstd-frames.ts';

/** How much of a bundle is in a file already. */
export interface WrittenFrames {
  /** Those that stay as they are, the head first. */
  readonly frames: readonly Omit<Frame, 'position'>[];
  /** Bytes of the file that they take, at its beginning. */
  readonly size: number;
  /** Bytes of tar in them. */
  readonly tarSize: number;
  /** How many of the plan's blobs, in tar order, are there and verified: they need not be read again. */
  readonly blobs: number;
  /** The end of those blobs: what the frame begins with that comes next. */
  readonly begun: Uint8Array;
}

/** What is to be written, and what is told while the file is looked through. */
export interface WrittenFramesOptions extends Pick<
  WriteBundleOptions,
  'plan' | 'compressionLevel' | 'frameContent' | 'signal'
> {
  /** Told how many more bytes of the file were looked at. */
  readonly onBytes: (count: number) => void;
}

/**
 * Finds out how much of a plan's bundle is in a file whose writer was stopped: as far as the blobs are complete, and have the digests of the
 * plan. Nobody is believed: each blob is hashed, and each frame is compressed again, which takes far less than restoring a layer at the usual
 * levels. So the file becomes what it would have been, whatever was done to it meanwhile.
 *
 * @param file without long frames; whatever is in it
 * @returns undefined when it is of no use
 * @throws what reading the file throws; the signal's reason when aborted
 */
export async function readWrittenFrames(
  file: Pick<RandomAccess, 'size' | 'read'>,
  options: WrittenFramesOptions,
): Promise<WrittenFrames | undefined> {
  const { plan, compressionLevel, signal, onBytes } = options;
  signal.throwIfAborted();
  const head = encodeHead(plan.headEntries);
  const headFrame = compressFrame(head, compressionLevel);
  if (headFrame.length > file.size || !isSame(headFrame, await file.read(0, headFrame.length)))
    return undefined;
  onBytes(headFrame.length);
  const { length: size } = headFrame;
  const found = new FoundFrames(plan.inventory.blobs, {
    size,
    contentSize: head.length,
    check: frameCheck(headFrame),
  });
  for await (const frame of framesBehind(file, { head, position: headFrame.length, options })) {
    signal.throwIfAborted();
    onBytes(frame.bytes.length);
    if (!found.take(frame)) break;
  }
  const written = found.written();
  return written.blobs === 0 ? undefined : written;
}

/** A frame of the file. */
interface ReadFrame {
  readonly bytes: Uint8Array;
  readonly content: Uint8Array;
}

/** Frames behind the head as long as they are whole, and just those that would be written. */
async function* framesBehind(
  file: Pick<RandomAccess, 'size' | 'read'>,
  begin: { readonly head: Uint8Array; readonly position: number; readonly options: WrittenFramesOptions },
): AsyncGenerator<ReadFrame, void, undefined> {
  const { plan, compressionLevel, frameContent = defaultFrameContent } = begin.options;
  let { position } = begin;
  for (let start = begin.head.length; start < plan.tarSize; start += frameContent) {
    const contentSize = Math.min(frameContent, plan.tarSize - start);
    const most = await file.read(position, Math.min(frameBound(contentSize), file.size - position));
    const size = frameLength(most, contentSize);
    if (size === undefined || size > most.length) return;
    const bytes = most.subarray(0, size);
    const content = await unlessDamaged(decompressFrame(bytes, contentSize));
    if (content === undefined || !isSame(compressFrame(content, compressionLevel), bytes)) return;
    yield { bytes, content };
    position += size;
  }
}

async function unlessDamaged(decompressed: Promise<Uint8Array>): Promise<Uint8Array | undefined> {
  try {
    return await decompressed;
  } catch (error) {
    if (error instanceof PaletteEdgeError) return undefined;
    throw error;
  }
}

function isSame(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0;
}

/** Frames up to the last blob that is complete. */
class FoundFrames {
  readonly #entries: EntryCheck;
  readonly #frames: Omit<Frame, 'position'>[];
  /** Where in the tar the frame begins that comes next. */
  #start: number;
  readonly #headSize: number;
  /** Of the frame in which the last complete blob ends. */
  #begun: { readonly frame: ReadFrame; readonly index: number; readonly length: number } | undefined;

  constructor(blobs: readonly BlobIdentity[], head: Omit<Frame, 'position'>) {
    this.#entries = new EntryCheck(blobs);
    this.#frames = [head];
    this.#headSize = head.contentSize;
    this.#start = head.contentSize;
  }

  /** @returns whether it is what the plan says, and something may follow */
  take(frame: ReadFrame): boolean {
    const { blobs } = this.#entries;
    const isRight = this.#entries.take(frame.content);
    if (this.#entries.blobs > blobs) {
      const length = this.#headSize + this.#entries.end - this.#start;
      this.#begun = { frame, index: this.#frames.length, length };
    }
    const { bytes, content } = frame;
    this.#frames.push({ size: bytes.length, contentSize: content.length, check: frameCheck(bytes) });
    this.#start += content.length;
    return isRight;
  }

  written(): WrittenFrames {
    const { frame, index, length } = this.#begun ?? { frame: undefined, index: 0, length: 0 };
    const isWhole = length === frame?.content.length;
    const frames = this.#frames.slice(0, isWhole ? index + 1 : index);
    return {
      frames,
      size: totalSize(frames),
      tarSize: frames.reduce((sum, { contentSize }) => sum + contentSize, 0),
      blobs: this.#entries.blobs,
      begun: frame === undefined || isWhole ? new Uint8Array() : frame.content.slice(0, length),
    };
  }
}

/** Compares the tar behind the head with what the plan says of it. */
class EntryCheck {
  /** How many blobs were complete and right. */
  blobs = 0;
  /** Where the last of them ends, with its padding: bytes behind the head. */
  end = 0;
  readonly #expected: readonly BlobIdentity[];
  #inEntry = 0;
  #hash: Hash = createHash('sha256');

  constructor(expected: readonly BlobIdentity[]) {
    this.#expected = expected;
  }

  /** @returns false when the tar is another one, or all blobs were there */
  take(bytes: Uint8Array): boolean {
    for (let rest = bytes; rest.length > 0;) {
      const blob = this.#expected[this.blobs];
      const taken = blob === undefined ? 0 : this.#takePart(blob, rest);
      if (taken === 0) return false;
      rest = rest.subarray(taken);
    }
    return true;
  }

  /** @returns how many of the bytes were looked at: 0 when they are wrong */
  #takePart(blob: BlobIdentity, bytes: Uint8Array): number {
    const header = blobHeader(blob);
    const contentEnd = header.length + blob.size;
    const total = sectionSize({ blobs: [blob], isLast: false });
    const at = this.#inEntry;
    const boundary = at < header.length ? header.length : at < contentEnd ? contentEnd : total;
    const part = bytes.subarray(0, boundary - at);
    if (at < header.length) {
      if (!isSame(part, header.subarray(at, at + part.length))) return 0;
    } else if (at < contentEnd) this.#hash.update(part);
    else if (part.some((byte) => byte !== 0)) return 0;
    this.#inEntry += part.length;
    if (this.#inEntry === total && !this.#endEntry(blob, total)) return 0;
    return part.length;
  }

  #endEntry({ digest }: BlobIdentity, total: number): boolean {
    if (toDigest(this.#hash.digest('hex')) !== digest) return false;
    this.#hash = createHash('sha256');
    this.#inEntry = 0;
    this.blobs += 1;
    this.end += total;
    return true;
  }
}
