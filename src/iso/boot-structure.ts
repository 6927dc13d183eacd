import { createHash } from 'node:crypto';

import type { RandomAccess } from '../io/random-access.ts';
import { readBootVolume } from './boot-volume.ts';
import type { BootVolume } from './boot-volume.ts';
import { diskSectorSize } from './disk-sector.ts';
import { efiPlatform, readElTorito } from './el-torito.ts';
import type { BootImage } from './el-torito.ts';
import { fatVolumeSize } from './fat-volume.ts';
import { readGpt } from './gpt.ts';
import type { Gpt, GptPartition } from './gpt.ts';
import { isoSectorSize } from './iso-entry.ts';
import { parseMbr, protectiveType } from './mbr.ts';
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

/** All that firmware and kernels look at before they read a file of an image. */
export interface BootStructure {
  /** Bytes of the image. */
  readonly size: number;
  readonly volume: BootVolume;
  readonly images: readonly LoadedImage[] | 'damaged' | undefined;
  /** Where the list of them is, in sectors of 2048 bytes. */
  readonly catalogue: number | undefined;
  /** Whether anything is in front of the file system. */
  readonly hasSystemArea: boolean;
  readonly hasBootCode: boolean;
  /** SHA-256 in hex of the code that BIOS starts from a disk, without where it says its next part is. */
  readonly bootCode: string;
  readonly mbr: readonly MbrPartition[] | undefined;
  readonly gpt: Gpt | 'damaged' | undefined;
  readonly hasApplePartitions: boolean;
  readonly isoPartitions: readonly IsoPartition[];
}

const systemAreaSize = 16 * isoSectorSize;
/** Sizes that an image claims are believed up to here. */
const largestBootImage = 256 * 1024 * 1024;
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
    ...(catalogue === undefined || catalogue === 'damaged'
      ? { images: catalogue, catalogue: undefined }
      : {
          images: await Promise.all(catalogue.images.map((each) => load(each, image))),
          catalogue: catalogue.sector,
        }),
    hasSystemArea: area.some((byte) => byte !== 0),
    hasBootCode: bootCodeOf(area).some((byte) => byte !== 0),
    bootCode: createHash('sha256').update(bootCodeOf(area)).digest('hex'),
    mbr,
    gpt,
    hasApplePartitions: hasAppleEntry(area),
    isoPartitions: await findIsoPartitions(image, mbr, gpt),
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
  const claimed = fatSize ?? image.loadSectors * diskSectorSize;
  const size = Math.max(0, Math.min(claimed, largestBootImage, access.size - position));
  const hash = createHash('sha256');
  for (let done = 0; done < size; done += pieceSize) {
    const piece = Buffer.from(await access.read(position + done, Math.min(pieceSize, size - done)));
    // The boot information table of mkisofs: sectors of descriptor and file, which move, and a checksum.
    if (done === 0 && image.platform !== efiPlatform) piece.subarray(8, 64).fill(0);
    hash.update(piece);
  }
  return { ...image, sha256: hash.digest('hex'), fatSize };
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
