/** A record of a crafted image's root folder. */
export interface CraftedRecord {
  readonly name: string;
  /** In sectors; the one behind the folder unless said otherwise. */
  readonly sector?: number;
  readonly size?: number;
  /** ECMA-119, section 9.1.6: 2 for a folder, 0x80 when the file goes on. */
  readonly flags?: number;
  /** Sizes of interleaved pieces, in sectors. */
  readonly unit?: number;
}

const sectorSize = 2048;
const firstFolderSector = 18;

/** An image with plain names whose root folder has just these records, and one sector of content. No writer makes such ones. */
export function craftedIso(records: readonly CraftedRecord[]): Buffer {
  const sectors = packed(records.length === 0 ? [] : lengths(records));
  const contentSector = firstFolderSector + sectors.length;
  const image = Buffer.alloc((contentSector + 1) * sectorSize);
  const folder = { name: '\0', sector: firstFolderSector, size: sectors.length * sectorSize, flags: 2 };
  descriptor(image, 16, 1);
  image.write('CRAFTED'.padEnd(32), 16 * sectorSize + 40, 'latin1');
  image.writeUInt32LE(contentSector + 1, 16 * sectorSize + 80);
  image.writeUInt16LE(sectorSize, 16 * sectorSize + 128);
  record(folder, contentSector).copy(image, 16 * sectorSize + 156);
  descriptor(image, 17, 255);
  const all = [folder, { ...folder, name: '\u0001' }, ...records];
  let index = 0;
  for (const [number, count] of sectors.entries()) {
    let at = (firstFolderSector + number) * sectorSize;
    for (const each of all.slice(index, index + count)) at += record(each, contentSector).copy(image, at);
    index += count;
  }
  image.write('content', contentSector * sectorSize);
  return image;
}

function descriptor(image: Buffer, sector: number, type: number): void {
  image.writeUInt8(type, sector * sectorSize);
  image.write('CD001\u0001', sector * sectorSize + 1, 'latin1');
}

function record(
  { name, sector, size = 7, flags = 0, unit = 0 }: CraftedRecord,
  contentSector: number,
): Buffer {
  const bytes = Buffer.alloc(lengthOf(name));
  bytes.writeUInt8(bytes.length, 0);
  bytes.writeUInt32LE(sector ?? contentSector, 2);
  bytes.writeUInt32LE(size, 10);
  bytes.writeUInt8(flags, 25);
  bytes.writeUInt8(unit, 26);
  bytes.writeUInt8(name.length, 32);
  bytes.write(name, 33, 'latin1');
  return bytes;
}

function lengths(records: readonly CraftedRecord[]): number[] {
  return [34, 34, ...records.map(({ name }) => lengthOf(name))];
}

function lengthOf(name: string): number {
  return 33 + name.length + (name.length % 2 === 0 ? 1 : 0);
}

/** How many records fit into each sector: none crosses its end. */
function packed(sizes: readonly number[]): number[] {
  const sectors: number[] = [];
  let used = sectorSize;
  for (const size of sizes) {
    if (used + size > sectorSize) {
      sectors.push(0);
      used = 0;
    }
    sectors.push((sectors.pop() ?? 0) + 1);
    used += size;
  }
  return sectors;
}
