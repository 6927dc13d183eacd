import { UnreadableError } from './found-package.ts';

const hashMagic = 0x06_15_61;
const magicAt = 12;
const pageHeaderSize = 26;
const pageTypes = { unsortedHash: 2, overflow: 7, hashMetadata: 8, hash: 13 } as const;
/** Kinds of values: in the page, and in pages of their own. */
const itemTypes = { inPage: 1, offPage: 3 } as const;

/** A database and how its numbers are written: in the order of the machine that wrote it. */
interface Database {
  readonly bytes: Buffer;
  readonly pageSize: number;
  readonly u16: (at: number) => number;
  readonly u32: (at: number) => number;
}

/** Whether it is a hash of Berkeley DB: `Packages` up to rpm 4.16. */
export function isBerkeleyHash(bytes: Buffer): boolean {
  if (bytes.length < 512) return false;
  return bytes.readUInt32LE(magicAt) === hashMagic || bytes.readUInt32BE(magicAt) === hashMagic;
}

/**
 * The values of a hash of Berkeley DB (libdb, src/dbinc/db_page.h: `HASHHDR`, `PAGE`, `HOFFPAGE`). One value counts packages and is none;
 * it is too short to be one, and left out.
 *
 * @throws UnreadableError or RangeError for a damaged one
 */
export function* berkeleyValues(bytes: Buffer): Generator<Buffer, void, undefined> {
  const database = openDatabase(bytes);
  const { pageSize, u16 } = database;
  let left = bytes.length;
  for (let page = pageSize; page + pageSize <= bytes.length; page += pageSize) {
    const type = bytes[page + 25];
    if (type !== pageTypes.hash && type !== pageTypes.unsortedHash) continue;
    const items = u16(page + 20);
    if (pageHeaderSize + items * 2 > pageSize) throw new UnreadableError('has a damaged page');
    // Keys and values take turns.
    for (let item = 1; item < items; item += 2) {
      const value = valueOf(database, page, item);
      if (value === undefined || value.length <= 8) continue;
      // Pages have one owner: values together are not longer than the file.
      left -= value.length;
      if (left < 0) throw new UnreadableError('has packages that overlap');
      yield value;
    }
  }
}

function openDatabase(bytes: Buffer): Database {
  const isLittle = bytes.readUInt32LE(magicAt) === hashMagic;
  const u16 = (at: number): number => (isLittle ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at));
  const u32 = (at: number): number => (isLittle ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  const pageSize = u32(20);
  if (pageSize < 512 || pageSize > 65_536 || (pageSize & (pageSize - 1)) !== 0)
    throw new UnreadableError(`has pages of ${pageSize} bytes, which no such database has`);
  if (bytes[24] !== 0) throw new UnreadableError('is encrypted');
  if (bytes[25] !== pageTypes.hashMetadata) throw new UnreadableError('has a damaged first page');
  return { bytes, pageSize, u16, u32 };
}

function valueOf(database: Database, page: number, item: number): Buffer | undefined {
  const { bytes, pageSize, u16, u32 } = database;
  const offsetOf = (index: number): number => u16(page + pageHeaderSize + index * 2);
  const offset = offsetOf(item);
  if (offset >= pageSize) throw new UnreadableError('has a damaged page');
  const at = page + offset;
  // Items are put in from the end of the page: each ends where the one before it begins.
  if (bytes[at] === itemTypes.inPage)
    return bytes.subarray(at + 1, page + Math.min(offsetOf(item - 1), pageSize));
  return bytes[at] === itemTypes.offPage ? longValue(database, u32(at + 4), u32(at + 8)) : undefined;
}

/** A value that lies in pages that name each other. */
function longValue({ bytes, pageSize, u16, u32 }: Database, first: number, length: number): Buffer {
  if (length > bytes.length) throw new UnreadableError('has a package that is longer than the file');
  const pieces: Buffer[] = [];
  let left = length;
  for (let number = first; left > 0;) {
    const page = number * pageSize;
    if (number === 0 || page + pageSize > bytes.length || bytes[page + 25] !== pageTypes.overflow)
      throw new UnreadableError('has a package that is cut off');
    const filled = Math.min(u16(page + 22), pageSize - pageHeaderSize, left);
    // A page without anything in it would lead around for ever.
    if (filled === 0) throw new UnreadableError('has an empty page');
    pieces.push(bytes.subarray(page + pageHeaderSize, page + pageHeaderSize + filled));
    left -= filled;
    number = u32(page + 16);
  }
  return Buffer.concat(pieces);
}
