import { PaletteEdgeError } from '../errors.ts';
import { damagedBundle } from './bundle-error.ts';
import type { RandomAccess } from '../io/random-access.ts';
import { FrameCache } from './frame-cache.ts';
import type { FrameSource } from './frame-cache.ts';
import { firstLongFrame } from './frame-table.ts';
import type { Frame, FrameTable } from './frame-table.ts';
import { LongFrames } from './long-frames.ts';
import { releaseMemory } from './release-memory.ts';
import { decompressFrame, decompressLongFrame, frameCheck, longPiece } from './zstd-frames.ts';

/** A part of the tar: `start` inclusive, `end` exclusive, in bytes. */
export interface TarRange {
  readonly start: number;
  readonly end: number;
}

/** Content of frames that are decompressed at a time, in bytes, unless it is that of one: a frame may hold 128 MiB. */
const bytesUnderWay = 64 * 1024 * 1024;
const framesAhead = 3;

/** Reads the tar inside a bundle at any position, decompressing only the frames that hold it. */
export class FrameReader {
  /** Bytes of the tar. */
  readonly tarSize: number;
  /** How many frames there are, the head included. */
  readonly count: number;
  /** Index of the first long frame; {@link count} when there is none. */
  readonly firstLong: number;
  /** Where in the tar it begins; {@link tarSize} when there is none. */
  readonly longStart: number;
  readonly #bundle: RandomAccess;
  readonly #frames: FrameTable;
  readonly #name: string;
  readonly #long: LongFrames;
  #cache = new FrameCache();
  #member = this.#cache.join();

  /** @param name the bundle, for messages */
  constructor(bundle: RandomAccess, frames: FrameTable, name: string) {
    this.#bundle = bundle;
    this.#frames = frames;
    this.#name = name;
    this.count = frames.length;
    this.firstLong = firstLongFrame((index) => this.contentSize(index), frames.length);
    this.longStart = frames.slice(0, this.firstLong).reduce((sum, { contentSize }) => sum + contentSize, 0);
    this.tarSize = frames
      .slice(this.firstLong)
      .reduce((sum, { contentSize }) => sum + contentSize, this.longStart);
    this.#long = new LongFrames((index) => this.pieces(index));
  }

  /** Keeps decompressed frames together with those of other bundles from now on, so that all of them have one limit. */
  shareCache(cache: FrameCache): void {
    this.#cache = cache;
    this.#member = cache.join();
  }

  /** Bytes of tar in a frame. */
  contentSize(index: number): number {
    return this.frame(index).contentSize;
  }

  /** How many frames may be read at the same time, at most `wanted` and at least one: memory is bounded for frames of any size. */
  sideBySide(wanted: number): number {
    const fitting = Math.floor(bytesUnderWay / this.contentSize(Math.min(1, this.count - 1)));
    return Math.max(1, Math.min(wanted, fitting));
  }

  /**
   * Reads, checks and decompresses one frame.
   *
   * @throws PaletteEdgeError `BUNDLE_DAMAGED` (kind content) that names the frame, or a failure to read the file
   */
  async read(index: number): Promise<Uint8Array> {
    const { position, size, contentSize, check } = this.frame(index);
    const bytes = await this.#bundle.read(position, size);
    const place = this.#describe(index);
    if (frameCheck(bytes) !== check) throw damagedBundle(this.#name, `${place} is not what was written`);
    try {
      return await decompressFrame(bytes, contentSize);
    } catch (error) {
      if (!(error instanceof PaletteEdgeError)) throw error;
      throw damagedBundle(this.#name, `${place}: ${error.message}`, error);
    } finally {
      // Whoever reads owns what was read.
      releaseMemory(bytes);
    }
  }

  /**
   * The content of one frame; of a long one in pieces, and checked when they have come to their end.
   *
   * @throws as {@link read}
   */
  async *pieces(index: number): AsyncGenerator<Uint8Array, void, undefined> {
    if (index < this.firstLong) yield await this.read(index);
    else yield* this.#longPieces(index);
  }

  async *#longPieces(index: number): AsyncGenerator<Uint8Array, void, undefined> {
    const place = this.#describe(index);
    const { contentSize, check } = this.frame(index);
    const found = { check: 0 };
    try {
      yield* decompressLongFrame(this.#bytes(index, found), contentSize);
    } catch (error) {
      if (!(error instanceof PaletteEdgeError) || error.code !== 'FRAME_DAMAGED') throw error;
      throw damagedBundle(this.#name, `${place}: ${error.message}`, error);
    }
    if (found.check !== check) throw damagedBundle(this.#name, `${place} is not what was written`);
  }

  /** Gives up what is kept for the next reader. */
  async close(): Promise<void> {
    await this.#long.close();
  }

  /**
   * A part of the tar, a few frames read ahead. What is yielded is shared with other readers: it must not be changed.
   *
   * @throws as {@link read}, when the iteration comes to the damaged frame
   */
  async *stream({ start, end }: TarRange, signal?: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    if (start < this.longStart)
      yield* this.#shortStream({ start, end: Math.min(end, this.longStart) }, signal);
    for (let position = Math.max(start, this.longStart); position < end;) {
      const index = this.#indexAt(position);
      const from = this.#tarPosition(index);
      const to = Math.min(end, from + this.contentSize(index));
      yield* this.#long.content(index, { start: position - from, end: to - from }, signal);
      position = to;
    }
  }

  async *#shortStream(
    { start, end }: TarRange,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    let position = start;
    let index = this.#indexAt(start);
    const last = this.#indexAt(end - 1);
    let ahead = index;
    const coming: Promise<Uint8Array>[] = [];
    const most = this.sideBySide(framesAhead);
    while (position < end) {
      signal?.throwIfAborted();
      while (ahead <= last && coming.length < most) {
        coming.push(this.#cache.frame(this.#source(ahead)));
        ahead += 1;
      }
      const content = (await coming.shift()) ?? Buffer.alloc(0);
      const inside = position - this.#tarPosition(index);
      const part = content.subarray(inside, inside + end - position);
      yield part;
      position += part.length;
      index += 1;
    }
  }

  /**
   * A copy of a part of the tar. For many readers at once: nothing of a frame is handed out, so no more frames are in memory than
   * are kept and being read.
   *
   * @throws as {@link read}; the signal's reason when aborted
   */
  async copy({ start, end }: TarRange, signal?: AbortSignal): Promise<Uint8Array> {
    const target = Buffer.allocUnsafeSlow(end - start);
    let filled = 0;
    while (filled < target.length && start + filled < this.longStart) {
      signal?.throwIfAborted();
      const position = start + filled;
      const index = this.#indexAt(position);
      const inside = position - this.#tarPosition(index);
      filled += await this.#cache.use(this.#source(index), (content) => {
        const part = content.subarray(inside, inside + end - position);
        target.set(part, position - start);
        return part.length;
      });
    }
    if (filled < target.length) {
      for await (const piece of this.stream({ start: start + filled, end }, signal)) {
        target.set(piece, filled);
        filled += piece.length;
      }
    }
    return target;
  }

  /** Where the frame ends that holds a byte of the tar. */
  endAt(position: number): number {
    const index = this.#indexAt(position);
    return this.#tarPosition(index) + this.contentSize(index);
  }

  #source(index: number): FrameSource {
    return {
      key: `${this.#member}:${index}`,
      size: this.contentSize(index),
      read: async () => await this.read(index),
    };
  }

  /** The frame that holds a byte of the tar: behind the head all have one size, and all long ones, so no search is needed. */
  #indexAt(position: number): number {
    if (position >= this.longStart)
      return this.firstLong + Math.floor((position - this.longStart) / this.contentSize(this.firstLong));
    const headSize = this.contentSize(0);
    return position < headSize ? 0 : 1 + Math.floor((position - headSize) / this.contentSize(1));
  }

  #tarPosition(index: number): number {
    if (index >= this.firstLong)
      return this.longStart + (index - this.firstLong) * this.contentSize(this.firstLong);
    return index === 0 ? 0 : this.contentSize(0) + (index - 1) * this.contentSize(1);
  }

  /** The bytes of a frame as they are in the file; their check is known when they have come. */
  async *#bytes(index: number, found: { check: number }): AsyncGenerator<Uint8Array, void, undefined> {
    const { position, size } = this.frame(index);
    for (let done = 0; done < size; done += longPiece) {
      const piece = await this.#bundle.read(position + done, Math.min(longPiece, size - done));
      found.check = frameCheck(piece, found.check);
      yield piece;
    }
  }

  #describe(index: number): string {
    const { position, size } = this.frame(index);
    const inside = this.#bundle.where?.(position, size);
    const file = inside === undefined ? '' : ` in ${inside}`;
    return `frame ${index} (${size} bytes at ${position}${file})`;
  }

  /** What the seek table says of a frame. */
  frame(index: number): Frame {
    const frame = this.#frames[index];
    if (frame === undefined) throw new RangeError(`there is no frame ${index}`);
    return frame;
  }
}
