import type { BootStructure } from './boot-structure.ts';
import { efiPlatform } from './el-torito.ts';
import { diskSectorSize } from './disk-sector.ts';
import { isoSectorSize } from './iso-entry.ts';

/** How a firmware starts an image. */
export interface BootWay {
  readonly firmware: 'BIOS' | 'UEFI';
  /** As a CD, or written to a disk. */
  readonly from: 'CD' | 'disk';
}

/** The ways in which an image starts, as far as its structure tells. */
export function bootWays(structure: BootStructure): BootWay[] {
  const { images, mbr } = structure;
  if (images === undefined || typeof images === 'string') return [];
  const hasBios = images.some(({ platform, isBootable }) => platform === 0 && isBootable);
  const efi = images.filter(({ platform, isBootable }) => platform === efiPlatform && isBootable);
  return [
    ...way(hasBios, 'BIOS', 'CD'),
    ...way(hasBios && mbr !== undefined && structure.hasBootCode, 'BIOS', 'disk'),
    ...way(efi.length > 0, 'UEFI', 'CD'),
    ...way(
      efi.some(
        ({ start, sha256 }) =>
          hasPartitionAt(structure, (start * isoSectorSize) / diskSectorSize) ||
          structure.efiPartitions.some((copy) => copy.sha256 === sha256),
      ),
      'UEFI',
      'disk',
    ),
  ];
}

function way(isThere: boolean, firmware: BootWay['firmware'], from: BootWay['from']): BootWay[] {
  return isThere ? [{ firmware, from }] : [];
}

function hasPartitionAt({ mbr, gpt }: BootStructure, sector: number): boolean {
  const partitions = [
    ...(mbr ?? []),
    ...(gpt === undefined || gpt === 'damaged' ? [] : gpt.primary.partitions),
  ];
  return partitions.some(({ start }) => start === sector);
}
