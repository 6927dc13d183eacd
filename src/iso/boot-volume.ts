import type { RandomAccess } from '../io/random-access.ts';
import { isoSectorSize } from './iso-entry.ts';

/** What an image keeps of itself when it is written anew. */
export interface BootVolume {
  readonly label: string;
  /** In sectors of 2048 bytes. */
  readonly sectors: number;
  /** Sixteen digits as they are written, whatever their time zone; GRUB finds its image by the second one. Undefined when not set. */
  readonly created: string | undefined;
  readonly modified: string | undefined;
  readonly preparer: string;
  readonly hasRockRidge: boolean;
  readonly hasJoliet: boolean;
}

/**
 * Reads the primary volume descriptor (ECMA-119, section 8.4) of an image, or of a partition that begins with one.
 *
 * @param start bytes from the beginning of the image, in which sectors are counted from there
 * @returns undefined when there is none
 */
export async function readBootVolume(image: RandomAccess, start = 0): Promise<BootVolume | undefined> {
  const position = start + 16 * isoSectorSize;
  if (position + isoSectorSize > image.size) return undefined;
  const descriptor = Buffer.from(await image.read(position, isoSectorSize));
  if (descriptor[0] !== 1 || descriptor.toString('latin1', 1, 6) !== 'CD001') return undefined;
  return {
    label: descriptor.toString('latin1', 40, 72).trimEnd(),
    sectors: descriptor.readUInt32LE(80),
    created: digits(descriptor, 813),
    modified: digits(descriptor, 830),
    preparer: descriptor.toString('latin1', 446, 574).trimEnd(),
    hasRockRidge: await startsWithRockRidge(image, start + descriptor.readUInt32LE(158) * isoSectorSize),
    hasJoliet: await hasJoliet(image, position),
  };
}

function digits(descriptor: Buffer, at: number): string | undefined {
  const text = descriptor.toString('latin1', at, at + 16);
  return /^\d{16}$/.test(text) && !/^0+$/.test(text) ? text : undefined;
}

/** The first record of the root folder begins its system use area with the entry SP (IEEE P1281, section 5.3). */
async function startsWithRockRidge(image: RandomAccess, position: number): Promise<boolean> {
  if (position + isoSectorSize > image.size) return false;
  const record = Buffer.from(await image.read(position, isoSectorSize));
  return record.toString('latin1', 34, 36) === 'SP' && record.readUInt16BE(38) === 0xbeef;
}

/** A supplementary descriptor with an escape sequence of UCS-2 (Joliet, section "SVD Escape Sequences field"). */
async function hasJoliet(image: RandomAccess, primary: number): Promise<boolean> {
  for (let index = 1; index < 16; index += 1) {
    const position = primary + index * isoSectorSize;
    if (position + isoSectorSize > image.size) return false;
    const head = Buffer.from(await image.read(position, 128));
    if (head.toString('latin1', 1, 6) !== 'CD001' || head[0] === 255) return false;
    if (head[0] === 2 && /^%\/[@CE]/.test(head.toString('latin1', 88, 91))) return true;
  }
  return false;
}
