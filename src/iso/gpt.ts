import { crc32 } from 'node:zlib';

import type { RandomAccess } from '../io/random-access.ts';
import { diskSectorSize } from './disk-sector.ts';

/** A partition of a GUID partition table, in sectors of 512 bytes. */
export interface GptPartition {
  /** From 1. */
  readonly number: number;
  /** 16 bytes in hex, in the order of the disk. */
  readonly type: string;
  readonly start: number;
  readonly sectors: number;
}

/** One of the two tables of a disk. */
interface GptTable {
  /** Where it is, and where it says that the other one is. */
  readonly sector: number;
  readonly otherSector: number;
  readonly firstUsable: number;
  readonly lastUsable: number;
  readonly diskId: string;
  readonly partitions: readonly GptPartition[];
}

/** The main table, and its copy at the end of the disk. */
export interface Gpt {
  readonly primary: GptTable;
  /** Undefined when there is none where the primary one says, or it is damaged. */
  readonly backup: GptTable | undefined;
}

/** EFI system partition, C12A7328-F81F-11D2-BA4B-00A0C93EC93B, as its bytes are on the disk. */
export const gptEfiType = '28732ac11ff8d211ba4b00a0c93ec93b';

/** Microsoft basic data, EBD0A0A2-B9E5-4433-87C0-68B6B72699C7. */
export const gptBasicDataType = 'a2a0d0ebe5b9334487c068b6b72699c7';

/** Apple HFS and HFS+, 48465300-0000-11AA-AA11-00306543ECAC. */
export const gptHfsPlusType = '005346480000aa11aa1100306543ecac';

const mostEntries = 1024;
const unused = '0'.repeat(32);

/**
 * Reads a GUID partition table (UEFI 2.10, section 5.3) with its copy.
 *
 * @returns undefined when there is no table at sector 1; `'damaged'` when its checksums are wrong
 */
export async function readGpt(image: RandomAccess): Promise<Gpt | 'damaged' | undefined> {
  if (image.size < 2 * diskSectorSize) return undefined;
  const signature = Buffer.from(await image.read(diskSectorSize, 8)).toString('latin1');
  if (signature !== 'EFI PART') return undefined;
  const primary = await readTable(image, 1);
  if (primary === undefined) return 'damaged';
  return { primary, backup: await readTable(image, primary.otherSector) };
}

/** Undefined for a table that is outside of the image, that is none, or whose checksums are wrong. */
async function readTable(image: RandomAccess, sector: number): Promise<GptTable | undefined> {
  const header = await readInside(image, sector * diskSectorSize, diskSectorSize);
  if (header === undefined || !isHeader(header, sector)) return undefined;
  const [count, entrySize] = [header.readUInt32LE(80), header.readUInt32LE(84)];
  if (count > mostEntries || entrySize < 128 || entrySize > 4096) return undefined;
  const entries = await readInside(image, sectorAt(header, 72) * diskSectorSize, count * entrySize);
  if (entries === undefined || crc32(entries) !== header.readUInt32LE(88)) return undefined;
  return {
    sector,
    otherSector: sectorAt(header, 32),
    firstUsable: sectorAt(header, 40),
    lastUsable: sectorAt(header, 48),
    diskId: header.toString('hex', 56, 72),
    partitions: Array.from({ length: count }, (_, index) => index).flatMap((index) =>
      partitionsOf(entries.subarray(index * entrySize), index + 1),
    ),
  };
}

/** Whether it is one for that sector, with a checksum that is right: of itself, with nothing where the checksum is. */
function isHeader(header: Buffer, sector: number): boolean {
  if (header.toString('latin1', 0, 8) !== 'EFI PART' || sectorAt(header, 24) !== sector) return false;
  const size = header.readUInt32LE(12);
  if (size < 92 || size > diskSectorSize) return false;
  const summed = Buffer.from(header.subarray(0, size));
  summed.writeUInt32LE(0, 16);
  return crc32(summed) === header.readUInt32LE(16);
}

function partitionsOf(entry: Buffer, number: number): GptPartition[] {
  const type = entry.toString('hex', 0, 16);
  if (type === unused) return [];
  const start = sectorAt(entry, 32);
  return [{ number, type, start, sectors: sectorAt(entry, 40) - start + 1 }];
}

/** Numbers that are too large for any disk stay too large; what they point to is then outside. */
function sectorAt(bytes: Buffer, position: number): number {
  return Number(bytes.readBigUInt64LE(position));
}

async function readInside(
  image: RandomAccess,
  position: number,
  length: number,
): Promise<Buffer | undefined> {
  if (position + length > image.size) return undefined;
  return Buffer.from(await image.read(position, length));
}
