import { promisify } from 'node:util';
import { pipeline, Readable } from 'node:stream';
import {
  constants,
  crc32,
  createZstdCompress,
  createZstdDecompress,
  zstdCompressSync,
  zstdDecompress,
} from 'node:zlib';

import { PaletteEdgeError } from '../errors.ts';

/** Most bytes of content that one frame may hold: 2^27, the largest window that `zstd -d` takes without `--long`. */
export const maximumFrameContent = 128 * 1024 * 1024;
/** Most bytes of content that a long frame may hold: its size has 4 bytes in the seek table. */
export const maximumLongContent = 2 ** 32 - 2 * 1024 * 1024;

const decompress = promisify(zstdDecompress);
const frameMagic = 0xfd2fb528;
const maximumBlockSize = 128 * 1024;
const blockHeaderSize = 3;
const checksumSize = 4;
/** Node asks for another output buffer when one is filled to its last byte: room to spare avoids that. */
const spareOutput = 64;
/** What `zstd -d` takes without `--long`, and no more: 2^27 is {@link maximumFrameContent}. */
const longWindowLog = 27;
/** Bytes of a piece of a long frame's content, and of what it is compressed into. Part of what decides the bytes. */
export const longPiece = 1024 * 1024;

/**
 * Compresses content into one independent frame (RFC 8878, section 3.1.1) with content size and checksum. The window is
 * the content, so the header follows from the content's size alone: {@link frameHeader}.
 *
 * Synchronous, for a thread of its own: frames are what is compressed in parallel. Never `nbWorkers`: with it Node truncates
 * its output (nodejs/node#59899). Every frame is checked before it counts. The bytes depend on content and level only; Node's
 * asynchronous call ends a frame with another block, so the two must not be mixed.
 *
 * @param content 1 to {@link maximumFrameContent} bytes
 */
export function compressFrame(content: Uint8Array, level: number): Uint8Array {
  if (content.length === 0 || content.length > maximumFrameContent) {
    throw new RangeError(`a frame cannot hold ${content.length} bytes`);
  }
  const frame = zstdCompressSync(content, {
    params: {
      [constants.ZSTD_c_compressionLevel]: level,
      [constants.ZSTD_c_windowLog]: windowLog(content.length),
      [constants.ZSTD_c_contentSizeFlag]: 1,
      [constants.ZSTD_c_checksumFlag]: 1,
    },
    pledgedSrcSize: content.length,
    chunkSize: frameBound(content.length) + spareOutput,
  });
  const fault = frameFault(frame, content.length);
  if (fault !== undefined) throw new Error(`zstd gave a frame that cannot be right: ${fault}`);
  return frame;
}

/**
 * Decompresses one frame after checking that its header is the one {@link compressFrame} writes for that size and that
 * its blocks end where the frame does: what is allocated is bounded before zstd sees a byte, and nothing can follow.
 *
 * @throws PaletteEdgeError `FRAME_DAMAGED` (kind content)
 */
export async function decompressFrame(frame: Uint8Array, contentSize: number): Promise<Uint8Array> {
  const fault = frameFault(frame, contentSize);
  if (fault !== undefined) throw frameDamaged(fault);
  let content: Uint8Array;
  try {
    content = await decompress(frame, { chunkSize: contentSize + spareOutput, maxOutputLength: contentSize });
  } catch (error) {
    throw frameDamaged('it does not decompress', error);
  }
  if (content.length !== contentSize)
    throw frameDamaged(`it gives ${content.length} of ${contentSize} bytes`);
  return content;
}

/**
 * Compresses content into one long frame: as {@link compressFrame}, but piece by piece, and with a window of at most
 * {@link maximumFrameContent}, in which repeats are found however far apart they are. Memory is that of the window and of the level's
 * tables. The bytes depend on the content, its cuts into pieces, and the level: so all pieces but the last must have one size.
 *
 * @param pieces `contentSize` bytes in all
 * @param contentSize 1 to {@link maximumLongContent}
 */
export async function* compressLongFrame(
  pieces: AsyncIterable<Uint8Array>,
  contentSize: number,
  level: number,
): AsyncGenerator<Buffer, void, undefined> {
  if (contentSize === 0 || contentSize > maximumLongContent)
    throw new RangeError(`a long frame cannot hold ${contentSize} bytes`);
  const encoder = createZstdCompress({
    params: {
      [constants.ZSTD_c_compressionLevel]: level,
      [constants.ZSTD_c_windowLog]: Math.min(longWindowLog, windowLog(contentSize)),
      [constants.ZSTD_c_enableLongDistanceMatching]: 1,
      [constants.ZSTD_c_contentSizeFlag]: 1,
      [constants.ZSTD_c_checksumFlag]: 1,
    },
    pledgedSrcSize: contentSize,
    chunkSize: longPiece,
  });
  // A failure of the source is thrown by the iteration.
  pipeline(Readable.from(pieces, { objectMode: true, highWaterMark: 1 }), encoder, () => undefined);
  yield* encoder;
}

/**
 * Decompresses a long frame piece by piece, after checking that its header is the one {@link compressLongFrame} gives for that size.
 * Its own checksum is looked at in the end; until then its content is only what somebody says.
 *
 * @throws PaletteEdgeError `FRAME_DAMAGED` (kind content), or what the source throws
 */
export async function* decompressLongFrame(
  frame: AsyncIterable<Uint8Array>,
  contentSize: number,
): AsyncGenerator<Buffer, void, undefined> {
  const decoder = createZstdDecompress({
    params: { [constants.ZSTD_d_windowLogMax]: longWindowLog },
    chunkSize: longPiece,
  });
  const source = new SourceWithHeader(frame, longFrameHeader(contentSize));
  pipeline(Readable.from(source.pieces(), { objectMode: true, highWaterMark: 1 }), decoder, () => undefined);
  let size = 0;
  try {
    for await (const piece of decoder as AsyncIterable<Buffer>) {
      size += piece.length;
      if (size > contentSize) break;
      yield piece;
    }
  } catch (error) {
    if (source.failure instanceof Error) throw source.failure;
    throw frameDamaged('it does not decompress', error);
  }
  if (size !== contentSize)
    throw frameDamaged(`it gives ${size > contentSize ? 'more than' : `${size} of`} ${contentSize} bytes`);
}

/**
 * What others compressed decompresses to, piece by piece: a layer, of any number of frames. Memory is that of the window that `zstd -d` takes without `--long`.
 *
 * @throws PaletteEdgeError `FRAME_DAMAGED` (kind content), or what the source throws
 */
export async function* decompressZstd(
  content: AsyncIterable<Uint8Array>,
): AsyncGenerator<Buffer, void, undefined> {
  const decoder = createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: longWindowLog } });
  let failure: unknown;
  const source = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* content;
    } catch (error) {
      failure = error;
      throw error;
    }
  };
  pipeline(Readable.from(source(), { objectMode: true, highWaterMark: 1 }), decoder, () => undefined);
  try {
    yield* decoder as AsyncIterable<Buffer>;
  } catch (error) {
    if (failure !== undefined) throw failure;
    throw frameDamaged('it does not decompress', error);
  }
}

/** The header of every long frame of ours (RFC 8878, section 3.1.1.1): that of {@link frameHeader} as far as a window holds it all. */
export function longFrameHeader(contentSize: number): Buffer {
  if (contentSize <= maximumFrameContent) return frameHeader(contentSize);
  const descriptor = { fourByteSize: 0x80, checksum: 0x04 };
  const fields = Buffer.alloc(10);
  fields.writeUInt32LE(frameMagic, 0);
  fields.writeUInt8(descriptor.fourByteSize | descriptor.checksum, 4);
  fields.writeUInt8((longWindowLog - 10) << 3, 5);
  fields.writeUInt32LE(contentSize, 6);
  return fields;
}

/** Passes a frame on when it begins with the header that is expected, and remembers why it ended. */
class SourceWithHeader {
  /** Why the source failed; undefined as long as it has not. */
  failure: unknown;
  readonly #frame: AsyncIterable<Uint8Array>;
  readonly #header: Buffer;

  constructor(frame: AsyncIterable<Uint8Array>, expected: Buffer) {
    this.#frame = frame;
    this.#header = expected;
  }

  async *pieces(): AsyncGenerator<Uint8Array, void, undefined> {
    let compared = 0;
    try {
      for await (const piece of this.#frame) {
        const part = piece.subarray(0, this.#header.length - compared);
        if (!this.#header.subarray(compared, compared + part.length).equals(part))
          throw frameDamaged('its header is not that of a frame of its size');
        compared += part.length;
        yield piece;
      }
    } catch (error) {
      this.failure = error;
      throw error;
    }
  }
}

/**
 * The CRC-32 (as in zlib, gzip and PNG) of a frame's bytes. Zstandard has bits that do not change the content, such as
 * padding in its tables: with this every bit of a bundle counts.
 *
 * @param before of the bytes of the frame before these
 */
export function frameCheck(frame: Uint8Array, before = 0): number {
  return crc32(frame, before);
}

/** Most bytes that a frame with this much content can have (`ZSTD_COMPRESSBOUND`). */
export function frameBound(contentSize: number): number {
  const small = contentSize < maximumBlockSize ? (maximumBlockSize - contentSize) >>> 11 : 0;
  return contentSize + (contentSize >>> 8) + small + 32;
}

/** The header of every frame of ours (RFC 8878, section 3.1.1.1): single segment, checksum, smallest size field. */
export function frameHeader(contentSize: number): Buffer {
  const descriptor = { singleSegment: 0x20, checksum: 0x04 };
  const flags = descriptor.singleSegment | descriptor.checksum;
  if (contentSize < 256) return header(flags, (fields) => fields.writeUInt8(contentSize, 5));
  if (contentSize < 256 + 65536)
    return header(flags | 0x40, (fields) => fields.writeUInt16LE(contentSize - 256, 5));
  return header(flags | 0x80, (fields) => fields.writeUInt32LE(contentSize, 5));
}

function header(descriptor: number, writeSize: (fields: Buffer) => number): Buffer {
  const fields = Buffer.alloc(9);
  fields.writeUInt32LE(frameMagic, 0);
  fields.writeUInt8(descriptor, 4);
  return fields.subarray(0, writeSize(fields));
}

/**
 * How long the frame is that some bytes begin with, when it is one that {@link compressFrame} writes for that size: as its block headers
 * say. Does not decompress.
 *
 * @returns undefined when there is none, or not all of it
 */
export function frameLength(bytes: Uint8Array, contentSize: number): number | undefined {
  const expected = frameHeader(contentSize);
  if (!expected.equals(bytes.subarray(0, expected.length))) return undefined;
  const end = endOfBlocks(bytes, expected.length);
  return end === undefined || end + checksumSize > bytes.length ? undefined : end + checksumSize;
}

/** What is wrong with a frame's structure, or undefined. Walks the block headers; does not decompress. */
function frameFault(frame: Uint8Array, contentSize: number): string | undefined {
  const expected = frameHeader(contentSize);
  if (!expected.equals(frame.subarray(0, expected.length))) {
    return `its header is not that of a frame with ${contentSize} bytes`;
  }
  const end = endOfBlocks(frame, expected.length);
  if (end === undefined) return 'its blocks are broken';
  return end + checksumSize === frame.length ? undefined : 'its blocks do not end where the frame does';
}

/** Where the last block ends (RFC 8878, section 3.1.1.2), or undefined when a block header makes no sense. */
function endOfBlocks(frame: Uint8Array, start: number): number | undefined {
  const view = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength);
  let position = start;
  while (position + blockHeaderSize <= frame.length) {
    const block = view.readUIntLE(position, blockHeaderSize);
    const size = block >>> 3;
    const type = (block >>> 1) & 3;
    if (type === 3 || size > maximumBlockSize) return undefined;
    position += blockHeaderSize + (type === 1 ? 1 : size);
    if ((block & 1) === 1) return position;
  }
  return undefined;
}

/** The smallest window that holds the content; zstd's least is 2^10. */
function windowLog(contentSize: number): number {
  return Math.max(10, Math.ceil(Math.log2(contentSize)));
}

function frameDamaged(reason: string, cause?: unknown): PaletteEdgeError {
  return new PaletteEdgeError('FRAME_DAMAGED', reason, { kind: 'content', cause });
}
