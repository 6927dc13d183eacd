import type { Stats } from 'node:fs';
import { readFile, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { systemErrorCode } from '../errors.ts';
import { blockDeviceNumber, deviceNumber } from '../io/device-number.ts';
import type { DriveSystem } from './drive-system.ts';
import type { ListedDrive } from './list-drives.ts';
import { parseMountTable } from './mount-table.ts';
import type { BlockDevice } from './parse-lsblk.ts';

/** Whether a file is on a drive, a partition of it or something made of it, or is what a loop device is made of. */
export async function isOnDrive(
  path: string,
  { drive, device }: ListedDrive,
  system: DriveSystem,
): Promise<boolean> {
  const file = await realpath(path);
  if (drive.type === 'loop' && drive.serial !== undefined && (await isSameFile(file, drive.serial)))
    return true;
  const places = await devicesOf(file, system);
  return numbersOf(device).some((number) => places.includes(number));
}

async function isSameFile(path: string, other: string): Promise<boolean> {
  const [one, two] = await Promise.all([stat(path), statIfThere(other)]);
  return two !== undefined && one.dev === two.dev && one.ino === two.ino;
}

async function statIfThere(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return undefined;
  }
}

/** The device of its file system; Btrfs and others have numbers of their own, so what was mounted there is looked up, too. */
async function devicesOf(file: string, { proc }: DriveSystem): Promise<string[]> {
  const mounts = parseMountTable(await readFile(join(proc, 'self', 'mountinfo'), 'utf8'));
  const [nearest] = mounts
    .filter(({ mountPoint }) => file.startsWith(mountPoint === '/' ? '/' : `${mountPoint}/`))
    .toSorted((a, b) => b.mountPoint.length - a.mountPoint.length);
  const source =
    nearest?.source.startsWith('/dev/') === true ? await blockDeviceNumber(nearest.source) : undefined;
  return [deviceNumber((await stat(file)).dev), ...(source === undefined ? [] : [source])];
}

function numbersOf(device: BlockDevice): string[] {
  return [device.number, ...device.children.flatMap(numbersOf)];
}
