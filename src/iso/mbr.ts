/** A partition as the master boot record lists it; sectors have 512 bytes. */
export interface MbrPartition {
  /** From 1. */
  readonly number: number;
  readonly type: number;
  readonly start: number;
  readonly sectors: number;
}

/** Type of the partition that stands for a whole GPT (UEFI 2.10, section 5.2.3). */
export const protectiveType = 0xee;

/** Where the number of the disk is (UEFI 2.10, section 5.2.1: "Unique MBR Disk Signature"), and how long, in bytes. */
export const mbrDiskIdAt = 440;
export const mbrDiskIdSize = 4;

/** Type of an EFI system partition (UEFI 2.10, section 5.2.2). */
export const mbrEfiType = 0xef;

/**
 * Reads a master boot record (UEFI 2.10, section 5.2.1).
 *
 * @param sector the first 512 bytes of a disk
 * @returns its partitions, or undefined when it has no signature
 */
export function parseMbr(sector: Buffer): MbrPartition[] | undefined {
  if (sector.readUInt16LE(510) !== 0xaa55) return undefined;
  return [0, 1, 2, 3].flatMap((index) => {
    const at = 446 + index * 16;
    const sectors = sector.readUInt32LE(at + 12);
    if (sectors === 0) return [];
    return [
      { number: index + 1, type: sector.readUInt8(at + 4), start: sector.readUInt32LE(at + 8), sectors },
    ];
  });
}
