/** Most bytes of content that one frame may hold: 2^27, the largest window that `zstd -d` takes without `--long`. */
export const maximumFrameContent = 128 * 1024 * 1024;
/** Most bytes of content that a long frame may hold: its size has 4 bytes in the seek table. */
export const maximumLongContent = 2 ** 32 - 2 * 1024 * 1024;
/** What `zstd -d` takes without `--long`, and no more: 2^27 is {@link maximumFrameContent}. */
export const longWindowLog = 27;

export const frameMagic = 0xfd2fb528;
const maximumBlockSize = 128 * 1024;
const rleBlock = 1;
const reservedBlock = 3;
export const blockHeaderSize = 3;
export const checksumSize = 4;

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
 * How long the frame is that some bytes begin with, when it is one that `compressFrame` writes for that size: as its block headers
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
export function frameFault(frame: Uint8Array, contentSize: number): string | undefined {
  const expected = frameHeader(contentSize);
  if (!expected.equals(frame.subarray(0, expected.length))) {
    return `its header is not that of a frame with ${contentSize} bytes`;
  }
  const end = endOfBlocks(frame, expected.length);
  if (end === undefined) return 'its blocks are broken';
  return end + checksumSize === frame.length ? undefined : 'its blocks do not end where the frame does';
}

/** What the header of a block says (RFC 8878, section 3.1.1.2). */
interface BlockHeader {
  readonly isLast: boolean;
  /** Its size field. */
  readonly size: number;
  /** Bytes of the block behind the header. */
  readonly length: number;
}

/** Reads the header of a block; undefined when that has a type that there is not. */
export function readBlockHeader(bytes: Buffer, position = 0): BlockHeader | undefined {
  const fields = bytes.readUIntLE(position, blockHeaderSize);
  const size = fields >>> 3;
  const type = (fields >>> 1) & 3;
  if (type === reservedBlock) return undefined;
  return { isLast: (fields & 1) === 1, size, length: type === rleBlock ? 1 : size };
}

/** Where the last block ends (RFC 8878, section 3.1.1.2), or undefined when a block header makes no sense. */
function endOfBlocks(frame: Uint8Array, start: number): number | undefined {
  const view = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength);
  let position = start;
  while (position + blockHeaderSize <= frame.length) {
    const block = readBlockHeader(view, position);
    if (block === undefined || block.size > maximumBlockSize) return undefined;
    position += blockHeaderSize + block.length;
    if (block.isLast) return position;
  }
  return undefined;
}

/** The smallest window that holds the content; zstd's least is 2^10. */
export function windowLog(contentSize: number): number {
  return Math.max(10, Math.ceil(Math.log2(contentSize)));
}
