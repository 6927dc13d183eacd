import { createHash } from 'node:crypto';

import type { RandomAccess } from '../io/random-access.ts';
import { blankBootPlace } from './boot-place.ts';
import { readBootVolume } from './boot-volume.ts';
import type { BootVolume } from './boot-volume.ts';
import { diskSectorSize } from './disk-sector.ts';
import { efiPlatform, readElTorito } from './el-torito.ts';
import type { BootImage } from './el-torito.ts';
import { fatVolumeSize } from './fat-volume.ts';
import { gptEfiType, readGpt } from './gpt.ts';
import type { Gpt, GptPartition } from './gpt.ts';
import { isoSectorSize } from './iso-entry.ts';
import { mbrDiskIdAt, mbrDiskIdSize, mbrEfiType, parseMbr, protectiveType } from './mbr.ts';
import type { MbrPartition } from './mbr.ts';

/** An image for a firmware, and what is there. */
export interface LoadedImage extends BootImage {
  /** SHA-256 in hex, without the fields that tell a boot loader where it is. */
  readonly sha256: string;
  /** Of an EFI image: bytes of its FAT file system; undefined when none can be read. */
  readonly fatSize: number | undefined;
}

/** A partition that begins with an ISO 9660 file system of its own, which counts sectors from there. */
interface IsoPartition {
  /** `MBR partition 1`, for messages. */
  readonly name: string;
  /** In sectors of 512 bytes. */
  readonly start: number;
  readonly sectors: number;
  /** What the file system says it has, in sectors of 512 bytes. */
  readonly volumeSectors: number;
}

/** A partition that UEFI looks for on a disk. */
interface EfiPartition {
  /** In sectors of 512 bytes. */
  readonly start: number;
  /** SHA-256 in hex of the FAT file system in it; undefined when none can be read. */
  readonly sha256: string | undefined;
}

/** All that firmware and kernels look at before they read a file of an image. */
export interface BootStructure {
  /** Bytes of the image. */
  readonly size: number;
  readonly volume: BootVolume;
  readonly images: readonly LoadedImage[] | 'damaged' | 'too many' | undefined;
  /** Where the list of them is, in sectors of 2048 bytes. */
  readonly catalogue: number | undefined;
  /** Whether anything is in front of the file system. */
  readonly hasSystemArea: boolean;
  readonly hasBootCode: boolean;
  /** SHA-256 in hex of the code that BIOS starts from a disk, without where it says its next part is. */
  readonly bootCode: string;
  readonly mbr: readonly MbrPartition[] | undefined;
  /** Number of the disk in its master boot record, 4 bytes in hex; undefined without one. */
  readonly mbrDiskId: string | undefined;
  readonly gpt: Gpt | 'damaged' | undefined;
  readonly hasApplePartitions: boolean;
  readonly isoPartitions: readonly IsoPartition[];
  /** Those that a type of the tables says to be for UEFI. */
  readonly efiPartitions: readonly EfiPartition[];
}

const systemAreaSize = 16 * isoSectorSize;
/** Sizes that an image claims are believed up to here. */
const largestBootImage = 256 * 1024 * 1024;
/** Real images have one; each is read as a whole. */
const mostEfiPartitions = 4;
const pieceSize = 1024 * 1024;

/**
 * Reads the boot structure of an ISO image: El Torito, master boot record, GUID partition table.
 *
 * @returns undefined when it is no ISO 9660 image
 */
export async function readBootStructure(image: RandomAccess): Promise<BootStructure | undefined> {
  const volume = await readBootVolume(image);
  if (volume === undefined) return undefined;
  const area = Buffer.from(await image.read(0, systemAreaSize));
  const mbr = parseMbr(area.subarray(0, diskSectorSize));
  const gpt = await readGpt(image);
  const catalogue = await readElTorito(image);
  return {
    size: image.size,
    volume,
    ...(catalogue === undefined || typeof catalogue === 'string'
      ? { images: catalogue, catalogue: undefined }
      : {
          images: await Promise.all(catalogue.images.map((each) => load(each, image))),
          catalogue: catalogue.sector,
        }),
    hasSystemArea: area.some((byte) => byte !== 0),
    hasBootCode: bootCodeOf(area).some((byte) => byte !== 0),
    bootCode: createHash('sha256').update(bootCodeOf(area)).digest('hex'),
    mbr,
    mbrDiskId: mbr === undefined ? undefined : area.toString('hex', mbrDiskIdAt, mbrDiskIdAt + mbrDiskIdSize),
    gpt,
    hasApplePartitions: hasAppleEntry(area),
    isoPartitions: await findIsoPartitions(image, mbr, gpt),
    efiPartitions: await findEfiPartitions(image, mbr, gpt),
  };
}

/** The code of GRUB and isohybrid: 432 bytes, then 8 that say where to go on, then the number of the disk. */
function bootCodeOf(area: Buffer): Buffer {
  return area.subarray(0, 432);
}

/** Entries of an Apple partition map begin with PM, each in a block of its own. */
function hasAppleEntry(area: Buffer): boolean {
  return [512, 1024, 2048, 4096].some((at) => area.toString('latin1', at, at + 2) === 'PM');
}

async function load(image: BootImage, access: RandomAccess): Promise<LoadedImage> {
  const position = image.start * isoSectorSize;
  const fatSize = image.platform === efiPlatform ? await fatVolumeSize(access, position) : undefined;
  const size = fatSize ?? image.loadSectors * diskSectorSize;
  const isPlaced = image.platform !== efiPlatform;
  return { ...image, sha256: await hashOf(access, { position, size, isPlaced }), fatSize };
}

interface HashedRange {
  readonly position: number;
  readonly size: number;
  /** Whether it begins with fields that say where it is. */
  readonly isPlaced: boolean;
}

async function hashOf(access: RandomAccess, { position, size, isPlaced }: HashedRange): Promise<string> {
  const length = Math.max(0, Math.min(size, largestBootImage, access.size - position));
  const hash = createHash('sha256');
  for (let done = 0; done < length; done += pieceSize) {
    const piece = await access.read(position + done, Math.min(pieceSize, length - done));
    if (isPlaced && done === 0) blankBootPlace(piece);
    hash.update(piece);
  }
  return hash.digest('hex');
}

/** Two tables may list the same one. */
async function findEfiPartitions(
  image: RandomAccess,
  mbr: readonly MbrPartition[] | undefined,
  gpt: Gpt | 'damaged' | undefined,
): Promise<EfiPartition[]> {
  const listed = [
    ...(mbr ?? []).filter(({ type }) => type === mbrEfiType),
    ...(gpt === undefined || gpt === 'damaged' ? [] : gpt.primary.partitions).filter(
      ({ type }) => type === gptEfiType,
    ),
  ];
  const starts = [...new Set(listed.map(({ start }) => start))];
  const found: EfiPartition[] = [];
  for (const [index, start] of starts.entries()) {
    const position = start * diskSectorSize;
    const size = index < mostEfiPartitions ? await fatVolumeSize(image, position) : undefined;
    const sha256 = size === undefined ? undefined : await hashOf(image, { position, size, isPlaced: false });
    found.push({ start, sha256 });
  }
  return found;
}

async function findIsoPartitions(
  image: RandomAccess,
  mbr: readonly MbrPartition[] | undefined,
  gpt: Gpt | 'damaged' | undefined,
): Promise<IsoPartition[]> {
  const listed = [
    ...(mbr ?? []).filter(({ type }) => type !== protectiveType).map((partition) => named(partition, 'MBR')),
    ...(gpt === undefined || gpt === 'damaged' ? [] : gpt.primary.partitions).map((partition) =>
      named(partition, 'GPT'),
    ),
  ];
  const found: IsoPartition[] = [];
  for (const partition of listed) {
    // GRUB marks its protective record with a partition of one sector.
    if (partition.sectors < systemAreaSize / diskSectorSize) continue;
    const volume = await readBootVolume(image, partition.start * diskSectorSize);
    if (volume === undefined) continue;
    found.push({ ...partition, volumeSectors: (volume.sectors * isoSectorSize) / diskSectorSize });
  }
  return found;
}

function named(
  { number, start, sectors }: Pick<GptPartition, 'number' | 'start' | 'sectors'>,
  table: string,
): Omit<IsoPartition, 'volumeSectors'> {
  return { name: `${table} partition ${number}`, start, sectors };
}
