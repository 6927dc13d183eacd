/** A directory record (ECMA-119, section 9.1). */
export interface IsoRecord {
  /** First sector of the content. */
  readonly sector: number;
  /** Bytes of the content. */
  readonly size: number;
  readonly isDirectory: boolean;
  /** Whether the next record goes on with the same file. */
  readonly hasMore: boolean;
  /** Whether the content is in pieces that lie apart, which nobody writes. */
  readonly isInterleaved: boolean;
  /** The identifier as it is; one byte 0 or 1 for the directory itself and its parent. */
  readonly identifier: Uint8Array;
  /** Rock Ridge and its like. */
  readonly systemUse: Uint8Array;
}

const fixedLength = 33;

/**
 * Reads the record at a position of a directory.
 *
 * @param sectorEnd where the sector ends that it must be inside of
 * @returns undefined when it cannot be one
 */
export function parseIsoRecord(
  bytes: Buffer,
  position: number,
  sectorEnd: number,
): (IsoRecord & { readonly length: number }) | undefined {
  const length = bytes[position] ?? 0;
  const nameLength = bytes[position + 32] ?? 0;
  // The name is padded to an even end.
  const nameEnd = fixedLength + nameLength;
  const systemUseStart = nameEnd + (nameLength % 2 === 0 ? 1 : 0);
  if (nameLength === 0 || nameEnd > length || position + length > sectorEnd) return undefined;
  const flags = bytes.readUInt8(position + 25);
  return {
    length,
    sector: bytes.readUInt32LE(position + 2) + bytes.readUInt8(position + 1),
    size: bytes.readUInt32LE(position + 10),
    isDirectory: (flags & 2) !== 0,
    hasMore: (flags & 0x80) !== 0,
    isInterleaved: bytes.readUInt8(position + 26) !== 0 || bytes.readUInt8(position + 27) !== 0,
    identifier: bytes.subarray(position + fixedLength, position + nameEnd),
    systemUse: bytes.subarray(position + Math.min(systemUseStart, length), position + length),
  };
}
