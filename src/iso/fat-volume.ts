import type { RandomAccess } from '../io/random-access.ts';

/**
 * Looks at the boot sector of a FAT file system (Microsoft FAT specification 1.03, section "Boot Sector and BPB").
 *
 * @param position in bytes, where it should begin
 * @returns its length in bytes, or undefined when there is none, or it goes on after the end of the image
 */
export async function fatVolumeSize(image: RandomAccess, position: number): Promise<number | undefined> {
  if (position + 512 > image.size) return undefined;
  const sector = Buffer.from(await image.read(position, 512));
  const sectorSize = sector.readUInt16LE(11);
  const isFat =
    sector.readUInt16LE(510) === 0xaa55 &&
    [512, 1024, 2048, 4096].includes(sectorSize) &&
    sector.readUInt8(13) > 0 &&
    sector.readUInt16LE(14) > 0 &&
    sector.readUInt8(16) > 0;
  if (!isFat) return undefined;
  const size = (sector.readUInt16LE(19) || sector.readUInt32LE(32)) * sectorSize;
  return size > 0 && position + size <= image.size ? size : undefined;
}
