/** What Rock Ridge says of a record (RRIP 1.12; entries by SUSP 1.12). */
export interface RockRidge {
  /** Undefined when it says none. */
  readonly name: Uint8Array | undefined;
  /** What it is; undefined when it does not say. */
  readonly kind: 'file' | 'folder' | 'link' | 'other' | undefined;
  /** Where the folder is that stands here: it was moved, since it lay too deep. */
  readonly childSector: number | undefined;
  /** Whether the folder belongs elsewhere. */
  readonly isMoved: boolean;
}

/** Reads so many bytes at a place of the image; throws when they are not inside of it. */
export type ReadContinuation = (place: {
  readonly sector: number;
  readonly offset: number;
  readonly size: number;
}) => Promise<Buffer>;

/** Fields that lie elsewhere, of one record. */
const mostContinuations = 16;
const mostNameBytes = 1024;

/**
 * Whether the first record of the root says that there is Rock Ridge.
 *
 * @returns bytes to skip in each other record, or undefined when there is none (SUSP 1.12, section 5.3)
 */
export function rockRidgeSkip(systemUse: Uint8Array): number | undefined {
  const bytes = asBuffer(systemUse);
  const isThere =
    bytes.length >= 7 && bytes.toString('latin1', 0, 2) === 'SP' && bytes.readUInt16BE(4) === 0xbeef;
  return isThere ? bytes[6] : undefined;
}

/**
 * Reads the fields of a record, those in continuation areas included.
 *
 * @returns undefined when they make no sense
 */
export async function readRockRidge(
  systemUse: Uint8Array,
  read: ReadContinuation,
): Promise<RockRidge | undefined> {
  const found: Found = {
    name: [],
    nameBytes: 0,
    kind: undefined,
    childSector: undefined,
    isMoved: false,
    isWrong: false,
  };
  let area: Buffer | undefined = asBuffer(systemUse);
  for (let count = 0; area !== undefined; count += 1) {
    if (count > mostContinuations) return undefined;
    const next = readArea(area, found);
    area = next === undefined ? undefined : await read(next);
  }
  if (found.isWrong) return undefined;
  const { kind, childSector, isMoved, name } = found;
  return { name: name.length === 0 ? undefined : Buffer.concat(name), kind, childSector, isMoved };
}

interface Found {
  readonly name: Uint8Array[];
  nameBytes: number;
  kind: RockRidge['kind'];
  childSector: number | undefined;
  isMoved: boolean;
  isWrong: boolean;
}

/** The fields that are looked at, and the bytes that each has at least. */
const leastLengths: Readonly<Record<string, number>> = { NM: 5, PX: 36, CL: 12, RE: 4, SL: 5, ZF: 16 };

/** @returns where the fields go on */
function readArea(area: Buffer, found: Found): Parameters<ReadContinuation>[0] | undefined {
  let next: Parameters<ReadContinuation>[0] | undefined;
  let position = 0;
  while (position + 4 <= area.length) {
    const length = area[position + 2] ?? 0;
    const signature = area.toString('latin1', position, position + 2);
    // Zeros are padding.
    if (signature === 'ST' || length < 4 || position + length > area.length) break;
    const field = area.subarray(position, position + length);
    if (signature === 'CE' && length >= 28) {
      next = { sector: field.readUInt32LE(4), offset: field.readUInt32LE(12), size: field.readUInt32LE(20) };
    } else readField(signature, field, found);
    position += length;
  }
  return next;
}

function readField(signature: string, field: Buffer, found: Found): void {
  if (field.length < (leastLengths[signature] ?? Infinity)) return;
  if (signature === 'NM') readName(field, found);
  else if (signature === 'PX') found.kind ??= kindOf(field.readUInt32LE(4));
  else if (signature === 'CL') found.childSector = field.readUInt32LE(4);
  else if (signature === 'RE') found.isMoved = true;
  // zisofs: the content is compressed, and only Linux undoes it.
  else found.kind = signature === 'SL' ? 'link' : 'other';
}

function readName(field: Buffer, found: Found): void {
  // The names of the folder itself and of its parent.
  if (((field[4] ?? 0) & 6) !== 0) return;
  const part = field.subarray(5);
  found.nameBytes += part.length;
  if (found.nameBytes > mostNameBytes) found.isWrong = true;
  else found.name.push(part);
}

/** POSIX file types, as in st_mode. */
function kindOf(mode: number): RockRidge['kind'] {
  const type = mode & 0xf000;
  if (type === 0x8000) return 'file';
  if (type === 0x4000) return 'folder';
  return type === 0xa000 ? 'link' : 'other';
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
