import { PaletteEdgeError } from '../errors.ts';
import { damagedBundle, encryptedBundle, notABundle, truncatedBundle } from './bundle-error.ts';
import { encodeFrameTable, maximumHeadSize } from './frame-table.ts';
import type { Frame } from './frame-table.ts';
import { StreamBytes } from '../io/stream-bytes.ts';
import {
  frameBound,
  frameHeader,
  longFrameHeader,
  maximumFrameContent,
  maximumLongContent,
} from './zstd-frame-structure.ts';
import { decompressFrame, decompressLongFrame, frameCheck } from './zstd-frames.ts';

/** RFC 8878, section 3.1.1, little endian as in the file. */
const frameMagic = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
const blockHeaderSize = 3;
const checksumSize = 4;
/** As many as a seek table may list. */
const maximumFrames = 2 ** 20;
/** zstd splits its blocks of 128 KiB where that pays, into 196 at most: an average below this is not of its making, and costs memory. */
const leastBlockContent = 256;

/**
 * The tar inside a bundle that comes as a stream, frame by frame: first the head, then the cuts; long frames in pieces. The sizes of frames are taken from their
 * own headers (RFC 8878, section 3.1.1), since the seek table comes last; when it does come, it and the frame checks must be, byte by
 * byte, those of the frames that were read. So what ends without an error has passed all checks that a file passes.
 *
 * @param name the bundle, for messages
 * @throws PaletteEdgeError `NOT_A_BUNDLE`, `BUNDLE_TRUNCATED` or `BUNDLE_DAMAGED` (kind content), or what the source throws
 */
export async function* streamFrames(
  source: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  const frames = new StreamedFrames(new StreamBytes(source), name);
  let coming = frames.next();
  for (;;) {
    const content = await coming;
    if (content === undefined) return;
    if (!(content instanceof Uint8Array)) {
      yield* content;
      coming = frames.next();
      continue;
    }
    // The next one is decompressed while this one is used; its failure is told when it is its turn.
    coming = frames.next();
    coming.catch(() => undefined);
    yield content;
  }
}

/** Lives for one {@link streamFrames}. */
class StreamedFrames {
  readonly #bytes: StreamBytes;
  readonly #name: string;
  readonly #frames: Omit<Frame, 'position'>[] = [];
  /** Bytes of content of the first long frame; undefined before it. */
  #longContent: number | undefined;

  constructor(bytes: StreamBytes, name: string) {
    this.#bytes = bytes;
    this.#name = name;
  }

  /** @returns a long frame in pieces, to be read before the next one; undefined at the end of the bundle, which is checked */
  async next(): Promise<Uint8Array | AsyncIterable<Uint8Array> | undefined> {
    const magic = await this.#bytes.take(frameMagic.length);
    if (!magic.equals(frameMagic)) {
      await this.#checkEnd(magic);
      return undefined;
    }
    const { header, contentSize } = await this.#readHeader();
    if (this.#longContent !== undefined) return this.#long(header, contentSize);
    const pieces: Uint8Array[] = [];
    for await (const piece of this.#blocks(header, contentSize)) pieces.push(piece);
    const frame = Buffer.concat(pieces);
    const place = `frame ${this.#frames.length}`;
    this.#frames.push({ size: frame.length, contentSize, check: frameCheck(frame) });
    try {
      return await decompressFrame(frame, contentSize);
    } catch (error) {
      if (!(error instanceof PaletteEdgeError)) throw error;
      throw damagedBundle(this.#name, `${place}: ${error.message}`, error);
    }
  }

  async *#long(header: Buffer, contentSize: number): AsyncGenerator<Uint8Array, void, undefined> {
    const found = { size: 0, check: 0 };
    const counted = async function* (pieces: AsyncIterable<Uint8Array>) {
      for await (const piece of pieces) {
        found.size += piece.length;
        found.check = frameCheck(piece, found.check);
        yield piece;
      }
    };
    try {
      yield* decompressLongFrame(counted(this.#blocks(header, contentSize)), contentSize);
    } catch (error) {
      if (!(error instanceof PaletteEdgeError) || error.code !== 'FRAME_DAMAGED') throw error;
      throw damagedBundle(this.#name, `frame ${this.#frames.length}: ${error.message}`, error);
    }
    this.#frames.push({ ...found, contentSize });
  }

  /** What follows the magic: only a header that the writer makes is taken, and with it the size of the content is known. */
  async #readHeader(): Promise<{ readonly header: Buffer; readonly contentSize: number }> {
    const descriptor = await this.#take(1);
    const flags = descriptor.readUInt8(0);
    const flag = flags >>> 6;
    const window = (flags & 0x20) === 0 ? await this.#take(1) : Buffer.alloc(0);
    const field = await this.#take([1, 2, 4, 8][flag] ?? 8);
    const header = Buffer.concat([frameMagic, descriptor, window, field]);
    const contentSize =
      flag === 0 ? field.readUInt8(0) : flag === 1 ? field.readUInt16LE(0) + 256 : field.readUInt32LE(0);
    const isLong = this.#beginsLong(contentSize);
    const expected = isLong ? longFrameHeader(contentSize) : frameHeader(contentSize);
    if (!expected.equals(header)) {
      if (this.#frames.length === 0) throw notABundle(this.#name, 'its first frame is not one of ours');
      throw this.#damaged('its header is not one of ours');
    }
    this.#checkSize(contentSize);
    if (isLong) this.#longContent ??= contentSize;
    return { header, contentSize };
  }

  /** Long frames are larger than the first one behind the head, and nothing else comes behind them. */
  #beginsLong(contentSize: number): boolean {
    const first = this.#frames[1];
    return this.#longContent !== undefined || (first !== undefined && contentSize > first.contentSize);
  }

  /** As those of a seek table: head within its cap; every cut after it equal, but the last, which may be shorter; the same for long frames. */
  #checkSize(contentSize: number): void {
    const isTooMany = this.#frames.length >= maximumFrames;
    if (contentSize === 0 || contentSize > this.#largest(contentSize) || isTooMany)
      throw this.#damaged(`it cannot have ${contentSize} bytes of content`);
  }

  /** Nothing fits behind a frame that is shorter than its like, but the first long one. */
  #largest(contentSize: number): number {
    const [head, first] = this.#frames;
    if (head === undefined) return maximumHeadSize;
    if (first === undefined) return maximumFrameContent;
    if (this.#longContent === undefined && this.#beginsLong(contentSize)) return maximumLongContent;
    const equal = this.#longContent ?? first.contentSize;
    return this.#frames.at(-1)?.contentSize === equal ? equal : 0;
  }

  /** The bytes of a frame (RFC 8878, section 3.1.1.2). What is held is bounded by the size of the content. */
  async *#blocks(header: Buffer, contentSize: number): AsyncGenerator<Buffer, void, undefined> {
    yield header;
    let size = header.length + checksumSize;
    let blocks = 0;
    const mostBlocks = 64 + contentSize / leastBlockContent;
    for (let isLast = false; !isLast;) {
      const blockHeader = await this.#take(blockHeaderSize);
      const block = blockHeader.readUIntLE(0, blockHeaderSize);
      isLast = (block & 1) === 1;
      // A block of the type RLE has one byte.
      const length = ((block >>> 1) & 3) === 1 ? 1 : block >>> 3;
      size += blockHeaderSize + length;
      blocks += 1;
      if (size > frameBound(contentSize)) throw this.#damaged('it is larger than its content allows');
      if (blocks > mostBlocks) throw this.#damaged('it has more blocks than its content allows');
      yield blockHeader;
      yield await this.#take(length);
    }
    yield await this.#take(checksumSize);
  }

  /** Frame checks and seek table follow from the frames, and nothing comes behind them. */
  async #checkEnd(begun: Buffer): Promise<void> {
    if (this.#frames.length === 0) throw this.#explainBeginning(begun);
    const expected = encodeFrameTable(this.#frames);
    const rest = await this.#bytes.take(expected.length - begun.length);
    const found = Buffer.concat([begun, rest]);
    if (found.length < expected.length)
      throw truncatedBundle(this.#name, 'it ends before its seek table does');
    if (!found.equals(expected))
      throw damagedBundle(this.#name, 'its frame checks or its seek table are not those of its frames');
    if (!(await this.#bytes.isAtEnd()))
      throw damagedBundle(this.#name, 'there is something behind its seek table');
  }

  #explainBeginning(begun: Buffer): Error {
    if (begun.length === 0) return truncatedBundle(this.#name, 'nothing came');
    if (begun.subarray(0, 2).equals(Buffer.from([0x1f, 0x8b]))) return notABundle(this.#name, 'it is gzip');
    if (begun.toString('latin1') === 'age-') return encryptedBundle(this.#name);
    return notABundle(this.#name, 'it does not begin with a Zstandard frame');
  }

  async #take(length: number): Promise<Buffer> {
    const bytes = await this.#bytes.take(length);
    if (bytes.length === length) return bytes;
    throw truncatedBundle(this.#name, `it ends inside frame ${this.#frames.length}`);
  }

  #damaged(reason: string): Error {
    return damagedBundle(this.#name, `frame ${this.#frames.length}: ${reason}`);
  }
}
