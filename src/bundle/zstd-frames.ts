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
import { FrameCutter } from './zstd-frame-cutter.ts';
import type { FramePiece } from './zstd-frame-cutter.ts';
import {
  frameBound,
  frameFault,
  longFrameHeader,
  longWindowLog,
  maximumFrameContent,
  maximumLongContent,
  windowLog,
} from './zstd-frame-structure.ts';

const decompress = promisify(zstdDecompress);
/** Node asks for another output buffer when one is filled to its last byte: room to spare avoids that. */
const spareOutput = 64;
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
  const pieces = framePieces(content);
  for (let first = await pieces.next(); first.done !== true; first = await pieces.next())
    yield* decompressAnyFrame(frameFrom(first.value, pieces));
}

async function* framePieces(content: AsyncIterable<Uint8Array>): AsyncGenerator<FramePiece, void, undefined> {
  const cutter = new FrameCutter();
  for await (const bytes of content) {
    yield* cutter.cut(bytes);
    if (cutter.fault !== undefined) throw frameDamaged(cutter.fault);
  }
  if (!cutter.isBetween) throw frameDamaged('it ends in a frame');
}

async function* frameFrom(
  first: FramePiece,
  rest: AsyncGenerator<FramePiece, void, undefined>,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let piece = first; ;) {
    yield piece.bytes;
    if (piece.isLast) return;
    const next = await rest.next();
    if (next.done === true) return;
    piece = next.value;
  }
}

async function* decompressAnyFrame(
  frame: AsyncIterable<Uint8Array>,
): AsyncGenerator<Buffer, void, undefined> {
  const decoder = createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: longWindowLog } });
  let failure: unknown;
  const source = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* frame;
    } catch (error) {
      failure = error;
      throw error;
    }
  };
  pipeline(Readable.from(source(), { objectMode: true, highWaterMark: 1 }), decoder, () => undefined);
  try {
    yield* decoder as AsyncIterable<Buffer>;
  } catch (error) {
    if (failure instanceof Error) throw failure;
    throw frameDamaged('it does not decompress', error);
  }
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

function frameDamaged(reason: string, cause?: unknown): PaletteEdgeError {
  return new PaletteEdgeError('FRAME_DAMAGED', reason, { kind: 'content', cause });
}
