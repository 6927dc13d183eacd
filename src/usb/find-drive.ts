import { realpath, stat } from 'node:fs/promises';
import { basename } from 'node:path';

import { PaletteEdgeError, systemErrorCode, wordDiskError } from '../errors.ts';
import { deviceNumber } from '../io/device-number.ts';
import type { DriveSystem } from './drive-system.ts';
import { listDrives } from './list-drives.ts';
import type { ListedDrive } from './list-drives.ts';
import type { BlockDevice } from './parse-lsblk.ts';

const listAll = 'See which drives there are: palette-edge usb list --all';

/**
 * The whole drive at a path; links such as those in `/dev/disk/by-id` are followed.
 *
 * @throws PaletteEdgeError `DRIVE_NOT_FOUND` (kind notFound), `DRIVE_NOT_A_DEVICE`, `DRIVE_IS_PARTITION`, `DRIVE_NOT_A_DISK` (kind usage);
 *   those of `listDrives`
 */
export async function findDrive(
  path: string,
  system: DriveSystem,
  signal: AbortSignal,
): Promise<ListedDrive> {
  const number = await numberOf(path);
  const drives = await listDrives(system, signal);
  const whole = drives.find(({ drive }) => drive.number === number);
  if (whole !== undefined) return whole;
  const holder = drives.find(({ device }) => isBelow(device, number));
  if (holder !== undefined) throw notWhole(path, number, holder);
  throw new PaletteEdgeError(
    'DRIVE_EMPTY',
    `${path} is not written to: lsblk does not list it, so nothing is in it`,
    {
      kind: 'usage',
      suggestions: [listAll],
    },
  );
}

async function numberOf(path: string): Promise<string> {
  try {
    const real = await realpath(path);
    const status = await stat(real);
    if (status.isBlockDevice()) return deviceNumber(status.rdev);
    throw new PaletteEdgeError('DRIVE_NOT_A_DEVICE', `${path} is not written to: it is no block device`, {
      kind: 'usage',
      suggestions: ['Name the device of a drive, such as /dev/sdb.', listAll],
    });
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw wordDiskError(error, `looking for the drive ${path}`);
    const missing = path.includes('/') ? [] : [`Devices are in /dev: /dev/${path}`];
    throw new PaletteEdgeError('DRIVE_NOT_FOUND', `there is no drive ${path}`, {
      kind: 'notFound',
      cause: error,
      suggestions: [...missing, listAll],
    });
  }
}

/** Whether a device is on, or made of, another one. */
function isBelow(device: BlockDevice, number: string): boolean {
  return device.children.some((child) => child.number === number || isBelow(child, number));
}

function notWhole(path: string, number: string, { drive, device }: ListedDrive): PaletteEdgeError {
  const isPartition = device.children.some((child) => child.number === number && child.type === 'part');
  return isPartition
    ? new PaletteEdgeError(
        'DRIVE_IS_PARTITION',
        `${path} is not written to: it is a partition of ${drive.path}, and an image takes the whole drive`,
        { kind: 'usage', suggestions: [`If it is the right drive, name all of it: ${drive.path}`] },
      )
    : new PaletteEdgeError(
        'DRIVE_NOT_A_DISK',
        `${path} is not written to: it is made of ${basename(drive.path)}, and no drive of its own`,
        { kind: 'usage', suggestions: [listAll] },
      );
}
