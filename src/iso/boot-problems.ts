import { diskSectorSize } from './disk-sector.ts';
import type { BootStructure, LoadedImage } from './boot-structure.ts';
import { efiPlatform } from './el-torito.ts';
import type { Gpt } from './gpt.ts';
import { isoSectorSize } from './iso-entry.ts';
import { protectiveType } from './mbr.ts';

/**
 * What is wrong with the boot structure of an image, each in one sentence: tables that disagree, partitions that end before
 * the file system in them does, what lies outside of the image.
 */
export function bootProblems(structure: BootStructure): string[] {
  return [
    ...volumeProblems(structure),
    ...imageProblems(structure),
    ...mbrProblems(structure),
    ...gptProblems(structure),
    ...partitionProblems(structure),
    ...overlapProblems('MBR', withoutProtective(structure)),
    ...overlapProblems('GPT', tablePartitions(structure.gpt)),
  ];
}

function volumeProblems({ volume, size }: BootStructure): string[] {
  const bytes = volume.sectors * isoSectorSize;
  return bytes > size ? [`the file system says it has ${bytes} bytes, but the image has ${size}`] : [];
}

/** What is wrong with the images that firmware starts from a CD, and with the catalogue of them. */
export function imageProblems(structure: BootStructure): string[] {
  const { images } = structure;
  if (images === undefined) return ['there is no El Torito boot catalogue'];
  if (images === 'damaged') return ['the El Torito boot catalogue is damaged'];
  if (images === 'too many') return ['the El Torito boot catalogue has too many images'];
  return images.flatMap((image) => oneImageProblems(image, structure));
}

function oneImageProblems(image: LoadedImage, structure: BootStructure): string[] {
  const name = `the boot image at sector ${image.start}`;
  const position = image.start * isoSectorSize;
  if (position + (image.loadSectors || 1) * diskSectorSize > structure.size) {
    return [`${name} goes on after the end of the image`];
  }
  if (image.platform !== efiPlatform) return [];
  if (image.fatSize === undefined) return [`${name} is for UEFI but holds no FAT file system`];
  if (isApart(image, structure)) {
    return [`${name} is for UEFI, but the EFI system partition is another one, which is no copy of it`];
  }
  return [];
}

/**
 * Whether UEFI finds something else on a disk than on a CD: the EFI system partition is not the boot image, nor holds a copy of it, as
 * images have that were made with the boot image among their files and appended, too.
 */
export function isApart({ start, sha256 }: LoadedImage, { efiPartitions }: BootStructure): boolean {
  const sector = (start * isoSectorSize) / diskSectorSize;
  const isThere = efiPartitions.some((each) => each.start === sector || each.sha256 === sha256);
  return efiPartitions.length > 0 && !isThere;
}

function tablePartitions(gpt: BootStructure['gpt']): Gpt['primary']['partitions'] {
  return gpt === undefined || gpt === 'damaged' ? [] : gpt.primary.partitions;
}

function withoutProtective({ mbr }: BootStructure): readonly Extent[] {
  return (mbr ?? []).filter(({ type }) => type !== protectiveType);
}

function mbrProblems({ mbr, gpt, size }: BootStructure): string[] {
  const end = size / diskSectorSize;
  const outside = (mbr ?? [])
    .filter(({ start, sectors }) => start + sectors > end)
    .map(({ number }) => `MBR partition ${number} ends after the image`);
  if (gpt === undefined) return outside;
  if (mbr === undefined) return ['there is a GPT but no MBR'];
  const protective = mbr.find(({ type }) => type === protectiveType);
  if (protective !== undefined && protective.start + protective.sectors < end) {
    return [...outside, 'the protective MBR partition ends before the image'];
  }
  return outside;
}

function gptProblems({ gpt, size }: BootStructure): string[] {
  if (gpt === undefined) return [];
  if (gpt === 'damaged') return ['the GPT is damaged'];
  const { primary, backup } = gpt;
  const end = size / diskSectorSize;
  const problems = primary.partitions
    .filter(({ start, sectors }) => sectors < 1 || start + sectors - 1 > primary.lastUsable)
    .map(({ number }) => `GPT partition ${number} goes on after the last usable sector`);
  if (backup === undefined) problems.push(`there is no valid backup GPT at sector ${primary.otherSector}`);
  else if (!isCopy(backup, primary)) problems.push('the backup GPT is not a copy of the primary one');
  if (primary.otherSector !== end - 1) {
    problems.push(`the backup GPT is at sector ${primary.otherSector}, but the last one is ${end - 1}`);
  }
  return problems;
}

function isCopy(backup: Gpt['primary'], primary: Gpt['primary']): boolean {
  const { diskId, firstUsable, lastUsable, partitions } = primary;
  return (
    backup.otherSector === primary.sector &&
    JSON.stringify({ ...backup, sector: 0, otherSector: 0 }) ===
      JSON.stringify({ ...backup, diskId, firstUsable, lastUsable, partitions, sector: 0, otherSector: 0 })
  );
}

/**
 * A file system that ends after its partition: the kernel then cannot read the files at its end. What is behind the last
 * sector that partitions may use is no file: the backup table lies there.
 */
export function partitionProblems({ isoPartitions, gpt }: BootStructure): string[] {
  const lastUsable = gpt === undefined || gpt === 'damaged' ? Infinity : gpt.primary.lastUsable;
  return isoPartitions.flatMap(({ name, start, sectors, volumeSectors }) => {
    const end = Math.min(start + volumeSectors, wholeBlocks(lastUsable + 1));
    const missing = end - (start + sectors);
    return missing > 0 ? [`${name} ends ${missing * diskSectorSize} bytes before the file system in it`] : [];
  });
}

interface Extent {
  readonly number: number;
  readonly start: number;
  readonly sectors: number;
}

/** Only what begins at the first sector may hold others: isohybrid has the whole image in its first partition. */
function overlapProblems(table: string, partitions: readonly Extent[]): string[] {
  const placed = partitions
    .filter(({ start, sectors }) => start > 0 && sectors > 0)
    .toSorted((left, right) => left.start - right.start);
  return placed.flatMap((partition, index) => {
    const next = placed[index + 1];
    if (next === undefined || partition.start + partition.sectors <= next.start) return [];
    return [`${table} partitions ${partition.number} and ${next.number} overlap`];
  });
}

function wholeBlocks(sectors: number): number {
  const perBlock = isoSectorSize / diskSectorSize;
  return Math.floor(sectors / perBlock) * perBlock;
}
