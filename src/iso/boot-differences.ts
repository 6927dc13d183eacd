import type { BootStructure, LoadedImage } from './boot-structure.ts';
import { efiPlatform } from './el-torito.ts';
import { gptBasicDataType, gptHfsPlusType } from './gpt.ts';

/**
 * What firmware would find changed in an image that was written anew from another one, each in one sentence. Where things are
 * may change; what is there may not.
 */
export function bootDifferences(before: BootStructure, after: BootStructure): string[] {
  const told: readonly (readonly [string, unknown, unknown])[] = [
    ['the volume label', before.volume.label, after.volume.label],
    ['the date that boot loaders search for', before.volume.modified, after.volume.modified],
    ['Rock Ridge', before.volume.hasRockRidge, after.volume.hasRockRidge],
    ['Joliet', before.volume.hasJoliet, after.volume.hasJoliet],
    ['the boot images', imagesOf(before), imagesOf(after)],
    ['the boot code of disks', codeOf(before), codeOf(after)],
    ['the kind of partition table', tablesOf(before), tablesOf(after)],
    ['the types of partitions', typesOf(before), typesOf(after)],
    ['the identity of the disk', diskIdOf(before), diskIdOf(after)],
    ['what is in the EFI system partition', efiContent(before), efiContent(after)],
    ['the partitions with the file system', isoCount(before), isoCount(after)],
  ];
  return told
    .filter(([, was, is]) => JSON.stringify(was) !== JSON.stringify(is))
    .map(([what]) => `${what} changed`);
}

function imagesOf({ images }: BootStructure): unknown {
  return images === undefined || typeof images === 'string' ? images : images.map(withoutPlace);
}

function withoutPlace({
  platform,
  isBootable,
  emulation,
  loadSegment,
  loadSectors,
  sha256,
}: LoadedImage): unknown {
  // For UEFI both 0 and 1 mean the whole image.
  const loaded = platform === efiPlatform && loadSectors === 1 ? 0 : loadSectors;
  return [platform, isBootable, emulation, loadSegment, loaded, sha256];
}

/** Without a table the code is what is there by chance: nothing. */
function codeOf({ mbr, bootCode }: BootStructure): string | undefined {
  return mbr === undefined ? undefined : bootCode;
}

function tablesOf({ mbr, gpt }: BootStructure): readonly boolean[] {
  return [mbr !== undefined, gpt !== undefined];
}

/** The rest of a disk is filled up with basic data, more or less of it; for HFS+ see installer-input.ts. */
const fillers: ReadonlySet<string> = new Set([gptBasicDataType, gptHfsPlusType]);

function typesOf({ mbr, gpt }: BootStructure): readonly (readonly (number | string)[])[] {
  const gptPartitions = gpt === undefined || gpt === 'damaged' ? [] : gpt.primary.partitions;
  return [
    (mbr ?? []).map(({ type }) => type).toSorted((left, right) => left - right),
    gptPartitions
      .map(({ type }) => type)
      .filter((type) => !fillers.has(type))
      .toSorted(),
  ];
}

function diskIdOf({ mbrDiskId, gpt }: BootStructure): readonly (string | undefined)[] {
  return [mbrDiskId, gpt === undefined || gpt === 'damaged' ? undefined : gpt.primary.diskId];
}

function efiContent({ efiPartitions }: BootStructure): readonly string[] {
  return efiPartitions.map(({ sha256 = '' }) => sha256).toSorted();
}

function isoCount({ isoPartitions }: BootStructure): number {
  return isoPartitions.length;
}
