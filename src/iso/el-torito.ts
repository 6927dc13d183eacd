import type { RandomAccess } from '../io/random-access.ts';
import { isoSectorSize } from './iso-entry.ts';

/** An image that firmware starts from a CD. */
export interface BootImage {
  /** 0x00 for BIOS, 0xef for UEFI. */
  readonly platform: number;
  readonly isBootable: boolean;
  /** How it is presented: 0 for no emulation of a floppy or hard disk. */
  readonly emulation: number;
  readonly loadSegment: number;
  /** How much of it is loaded, in sectors of 512 bytes; for UEFI 0 and 1 mean all. */
  readonly loadSectors: number;
  /** In sectors of 2048 bytes. */
  readonly start: number;
}

/** The list of all boot images. */
export interface BootCatalogue {
  /** In sectors of 2048 bytes. */
  readonly sector: number;
  /** In the order of the list. */
  readonly images: readonly BootImage[];
}

/** Platform of UEFI (UEFI 2.10, section 13.3.2.1). */
export const efiPlatform = 0xef;

const descriptorPosition = 17 * isoSectorSize;
const entrySize = 32;
/** Real ones have two, those for many platforms some more; each is read as a whole. */
const mostImages = 8;

/**
 * Reads the boot catalogue of an image (El Torito 1.0, sections 2.0 to 2.4).
 *
 * @returns undefined when there is no catalogue; `'damaged'` when it is none; `'too many'` when it has more than 8 images
 */
export async function readElTorito(
  image: RandomAccess,
): Promise<BootCatalogue | 'damaged' | 'too many' | undefined> {
  if (image.size < descriptorPosition + isoSectorSize) return undefined;
  const descriptor = Buffer.from(await image.read(descriptorPosition, isoSectorSize));
  const name = 'EL TORITO SPECIFICATION';
  if (descriptor.toString('latin1', 1, 6) !== 'CD001' || descriptor[0] !== 0) return undefined;
  if (descriptor.toString('latin1', 7, 7 + name.length) !== name) return undefined;
  const sector = descriptor.readUInt32LE(0x47);
  const position = sector * isoSectorSize;
  if (position + isoSectorSize > image.size) return 'damaged';
  const catalogue = Buffer.from(await image.read(position, isoSectorSize));
  const images = isValid(catalogue) ? imagesOf(catalogue) : [];
  if (images.length === 0) return 'damaged';
  return images.length > mostImages ? 'too many' : { sector, images };
}

/** The validation entry (section 2.1): all its words add up to nothing. */
function isValid(catalogue: Buffer): boolean {
  if (catalogue[0] !== 1 || catalogue.readUInt16LE(30) !== 0xaa55) return false;
  let sum = 0;
  for (let at = 0; at < entrySize; at += 2) sum += catalogue.readUInt16LE(at);
  return sum % 0x10000 === 0;
}

/** The default entry and those of the sections (sections 2.2 to 2.4); a catalogue has one sector here. */
function imagesOf(catalogue: Buffer): BootImage[] {
  const images = [imageAt(catalogue, entrySize, catalogue.readUInt8(1))];
  let at = 2 * entrySize;
  for (let isLast = false; !isLast && at + entrySize <= catalogue.length;) {
    const kind = catalogue.readUInt8(at);
    if (kind !== 0x90 && kind !== 0x91) break;
    isLast = kind === 0x91;
    const platform = catalogue.readUInt8(at + 1);
    const count = catalogue.readUInt16LE(at + 2);
    at += entrySize;
    for (let index = 0; index < count && at + entrySize <= catalogue.length; index += 1) {
      images.push(imageAt(catalogue, at, platform));
      at += entrySize;
    }
  }
  return images;
}

function imageAt(catalogue: Buffer, at: number, platform: number): BootImage {
  return {
    platform,
    isBootable: catalogue.readUInt8(at) === 0x88,
    emulation: catalogue.readUInt8(at + 1) & 0x0f,
    loadSegment: catalogue.readUInt16LE(at + 2),
    loadSectors: catalogue.readUInt16LE(at + 6),
    start: catalogue.readUInt32LE(at + 8),
  };
}
