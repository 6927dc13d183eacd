import { UnreadableError } from './found-package.ts';

const headerMagic = 'RpmP';
const slotMagic = 'Slot';
const blobMagic = 'BlbS';
const slotSize = 16;
const slotsInPage = 4096 / slotSize;
/** Blocks are counted in these bytes; so long is the header of a blob, too. */
const blockSize = 16;

/** Whether it is a `Packages.db`. */
export function isNdb(bytes: Buffer): boolean {
  return bytes.toString('latin1', 0, 4) === headerMagic;
}

/**
 * The blobs of rpm's own "new database" (rpm, lib/backend/ndb/rpmpkg.c): pages of slots, the first two of which hold the header, and
 * blobs where the slots say. Numbers are little endian.
 *
 * @throws UnreadableError or RangeError for a damaged one
 */
export function* ndbBlobs(bytes: Buffer): Generator<Buffer, void, undefined> {
  const [version, pages] = [bytes.readUInt32LE(4), bytes.readUInt32LE(12)];
  if (version !== 0) throw new UnreadableError(`is a database of rpm of the unknown version ${version}`);
  const end = pages * slotsInPage * slotSize;
  if (end > bytes.length) throw new UnreadableError('is cut off');
  let left = bytes.length;
  for (let at = 2 * slotSize; at < end; at += slotSize) {
    if (bytes.toString('latin1', at, at + 4) !== slotMagic) throw new UnreadableError('has a damaged slot');
    const [index, block] = [bytes.readUInt32LE(at + 4), bytes.readUInt32LE(at + 8)];
    if (index === 0) continue;
    const blob = blobAt(bytes, block * blockSize, index);
    // Blobs do not overlap: together they are not longer than the file.
    left -= blob.length;
    if (left < 0) throw new UnreadableError('has packages that overlap');
    yield blob;
  }
}

function blobAt(bytes: Buffer, at: number, index: number): Buffer {
  const start = at + blockSize;
  if (start > bytes.length) throw new UnreadableError('is cut off');
  const isOf = bytes.toString('latin1', at, at + 4) === blobMagic && bytes.readUInt32LE(at + 4) === index;
  const end = start + bytes.readUInt32LE(at + 12);
  if (!isOf || end > bytes.length) throw new UnreadableError(`has a damaged package of the number ${index}`);
  return bytes.subarray(start, end);
}
