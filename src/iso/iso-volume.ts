import type { RandomAccess } from '../io/random-access.ts';
import { isoSectorSize } from './iso-entry.ts';
import { damagedIso, notAnIso, truncatedIso } from './iso-error.ts';
import { parseIsoRecord } from './iso-record.ts';

/** A directory's content. */
export interface IsoExtent {
  readonly sector: number;
  /** In bytes. */
  readonly size: number;
}

/** What the descriptors of an image say. */
export interface IsoVolume {
  readonly label: string;
  /** Bytes that the image says it has. */
  readonly size: number;
  readonly root: IsoExtent;
  /** Root of the tree with Windows' names. */
  readonly jolietRoot: IsoExtent | undefined;
}

const firstSector = 16;
const mostDescriptors = 64;

/** Whether there is an ISO image: looks at the identifier of its first descriptor. */
export async function isIsoImage(image: RandomAccess): Promise<boolean> {
  const position = firstSector * isoSectorSize + 1;
  if (image.size < position + 5) return false;
  return Buffer.from(await image.read(position, 5)).toString('latin1') === 'CD001';
}

/**
 * Reads the volume descriptors (ECMA-119, section 8) and compares the size of the image with that of the file.
 *
 * @throws PaletteEdgeError `NOT_AN_ISO`, `ISO_TRUNCATED`, `ISO_DAMAGED` (kind content)
 */
export async function readIsoVolume(image: RandomAccess, place: string): Promise<IsoVolume> {
  if (!(await isIsoImage(image))) throw notAnIso(place, 'it has no volume descriptor at sector 16');
  const descriptors = await readDescriptors(image, place);
  const primary = descriptors.find((descriptor) => descriptor[0] === 1);
  if (primary === undefined) throw damagedIso(place, 'it has no primary volume descriptor');
  if (primary.readUInt16LE(128) !== isoSectorSize) {
    throw notAnIso(
      place,
      `its blocks have ${primary.readUInt16LE(128)} bytes, and only ${isoSectorSize} are read`,
    );
  }
  const size = primary.readUInt32LE(80) * isoSectorSize;
  if (size > image.size)
    throw truncatedIso(place, `it says it has ${size} bytes, and ${image.size} are there`);
  const joliet = descriptors.find(isJoliet);
  return {
    label: primary.toString('latin1', 40, 72).trimEnd(),
    size,
    root: rootOf(primary, place),
    jolietRoot: joliet === undefined ? undefined : rootOf(joliet, place),
  };
}

async function readDescriptors(image: RandomAccess, place: string): Promise<Buffer[]> {
  const found: Buffer[] = [];
  for (let index = 0; index < mostDescriptors; index += 1) {
    const position = (firstSector + index) * isoSectorSize;
    if (position + isoSectorSize > image.size) throw truncatedIso(place, 'it ends within its descriptors');
    const descriptor = Buffer.from(await image.read(position, isoSectorSize));
    if (descriptor.toString('latin1', 1, 6) !== 'CD001') break;
    if (descriptor[0] === 255) return found;
    found.push(descriptor);
  }
  throw damagedIso(place, 'its volume descriptors have no end');
}

/** Joliet, section "SVD Escape Sequences field": UCS-2 at level 1, 2 or 3. */
function isJoliet(descriptor: Buffer): boolean {
  return descriptor[0] === 2 && /^%\/[@CE]/.test(descriptor.toString('latin1', 88, 91));
}

function rootOf(descriptor: Buffer, place: string): IsoExtent {
  const record = parseIsoRecord(descriptor, 156, 190);
  if (record === undefined || !record.isDirectory) throw damagedIso(place, 'its root folder is no folder');
  return { sector: record.sector, size: record.size };
}
