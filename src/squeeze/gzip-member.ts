/** The head of a gzip member (RFC 1952, section 2.3). */
export interface GzipHead {
  /** How many bytes it has. */
  readonly size: number;
  /** Seconds since 1970, 0 for none. */
  readonly mtime: number;
  /** XFL: 2 for the slowest compression, 4 for the fastest, by convention. */
  readonly extraFlags: number;
  /** OS: 3 for Unix, 255 for unknown. */
  readonly system: number;
  /** Whether it names a file. */
  readonly named: boolean;
}

/** How many bytes follow the stream of a member: CRC-32 and length of its plain bytes (RFC 1952, section 2.3.1). */
export const trailerSize = 8;

/** The largest head that is read; a file with a larger one is no gzip file for us. Real ones have tens of bytes. */
const mostHeadBytes = 128 * 1024;

const flags = { headCheck: 2, extra: 4, name: 8, comment: 16, reserved: 0xe0 };

/**
 * Reads the head of a gzip member, as zlib does: the check of a head is looked at as well.
 *
 * @param bytes the member from its beginning, as far as it is here
 * @returns `more` when the head goes on past these bytes, `none` when they are no gzip member
 */
export function readGzipHead(
  bytes: Uint8Array,
  check: (head: Uint8Array) => number,
): GzipHead | 'more' | 'none' {
  const magic = [0x1f, 0x8b, 8];
  if (magic.some((byte, at) => at < bytes.length && bytes[at] !== byte)) return 'none';
  if (bytes.length < 10) return 'more';
  const flag = bytes[3]!;
  if ((flag & flags.reserved) !== 0) return 'none';
  const size = headSize(bytes, flag);
  // Whether it is one must not depend on how many bytes are here already.
  if (size === undefined ? bytes.length >= mostHeadBytes : size > mostHeadBytes) return 'none';
  if (size === undefined) return 'more';
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if ((flag & flags.headCheck) !== 0) {
    const expected = view.getUint16(size - 2, true);
    if ((check(bytes.subarray(0, size - 2)) & 0xffff) !== expected) return 'none';
  }
  return {
    size,
    mtime: view.getUint32(4, true),
    extraFlags: bytes[8]!,
    system: bytes[9]!,
    named: (flag & flags.name) !== 0,
  };
}

/** @returns undefined when it goes on past these bytes */
function headSize(bytes: Uint8Array, flag: number): number | undefined {
  let size = 10;
  if ((flag & flags.extra) !== 0) {
    if (bytes.length < size + 2) return undefined;
    size += 2 + bytes[size]! + bytes[size + 1]! * 256;
  }
  for (const text of [flags.name, flags.comment]) {
    if ((flag & text) === 0) continue;
    const end = bytes.indexOf(0, size);
    if (end < 0 || size > bytes.length) return undefined;
    size = end + 1;
  }
  if ((flag & flags.headCheck) !== 0) size += 2;
  return size > bytes.length ? undefined : size;
}

/** What the trailer of a member says of its plain bytes. */
export interface GzipTrailer {
  /** CRC-32 of them. */
  readonly check: number;
  /** How many there are, modulo 2^32. */
  readonly size: number;
}

/** Reads the eight bytes after the stream of a member. */
export function readGzipTrailer(bytes: Uint8Array): GzipTrailer {
  const view = new DataView(bytes.buffer, bytes.byteOffset, trailerSize);
  return { check: view.getUint32(0, true), size: view.getUint32(4, true) };
}
