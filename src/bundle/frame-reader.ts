import { PaletteEdgeError } from '../errors.ts';
import { damagedBundle } from './bundle-error.ts';
import type { RandomAccess } from '../io/random-access.ts';
import { FrameCache } from './frame-cache.ts';
import type { FrameSource } from './frame-cache.ts';
import type { Frame, FrameTable } from './frame-table.ts';
import { releaseMemory } from './release-memory.ts';
import { decompressFrame, frameCheck } from './zstd-frames.ts';

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
  readonly #bundle: RandomAccess;
  readonly #frames: FrameTable;
  readonly #name: string;
  #cache = new FrameCache();
  #member = this.#cache.join();

  /** @param name the bundle, for messages */
  constructor(bundle: RandomAccess, frames: FrameTable, name: string) {
    this.#bundle = bundle;
    this.#frames = frames;
    this.#name = name;
    this.count = frames.length;
    this.tarSize = frames.reduce((sum, { contentSize }) => sum + contentSize, 0);
  }

  /** Keeps decompressed frames together with those of other bundles from now on, so that all of them have one limit. */
  shareCache(cache: FrameCache): void {
    this.#cache = cache;
    this.#member = cache.join();
  }

  /** Bytes of tar in a frame. */
  contentSize(index: number): number {
    return this.#frame(index).contentSize;
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
    const { position, size, contentSize, check } = this.#frame(index);
    const bytes = await this.#bundle.read(position, size);
    const inside = this.#bundle.where?.(position, size);
    const file = inside === undefined ? '' : ` in ${inside}`;
    const place = `frame ${index} (${size} bytes at ${position}${file})`;
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
   * A part of the tar, a few frames read ahead. What is yielded is shared with other readers: it must not be changed.
   *
   * @throws as {@link read}, when the iteration comes to the damaged frame
   */
  async *stream({ start, end }: TarRange, signal?: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
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
    for (let filled = 0; filled < target.length;) {
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

  /** The frame that holds a byte of the tar: behind the head all have one size, so no search is needed. */
  #indexAt(position: number): number {
    const headSize = this.contentSize(0);
    return position < headSize ? 0 : 1 + Math.floor((position - headSize) / this.contentSize(1));
  }

  #tarPosition(index: number): number {
    return index === 0 ? 0 : this.contentSize(0) + (index - 1) * this.contentSize(1);
  }

  #frame(index: number): Frame {
    const frame = this.#frames[index];
    if (frame === undefined) throw new RangeError(`there is no frame ${index}`);
    return frame;
  }
}
