import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { systemErrorCode } from '../errors.ts';
import { loopBacking, readDeviceUses } from './device-uses.ts';
import { driveOf } from './drive.ts';
import type { Drive, DriveFacts } from './drive.ts';
import type { DriveSystem } from './drive-system.ts';
import { lsblkArguments, parseLsblk } from './parse-lsblk.ts';
import type { BlockDevice } from './parse-lsblk.ts';

/** A drive, and the devices that are on it or made of it. */
export interface ListedDrive {
  readonly drive: Drive;
  /** As lsblk has it. */
  readonly device: BlockDevice;
}

/**
 * All drives of this machine with what they are in use for, removable or not, in the order of lsblk.
 *
 * @throws PaletteEdgeError `USB_TOOL_MISSING` (kind notFound), `USB_TOOL_FAILED` (kind failure)
 */
export async function listDrives(system: DriveSystem, signal: AbortSignal): Promise<ListedDrive[]> {
  const devices = parseLsblk(await system.runTool('lsblk', lsblkArguments, signal));
  const uses = await readDeviceUses(system);
  return await Promise.all(
    devices.map(async (device) => ({ device, drive: driveOf(device, uses, await factsOf(device, system)) })),
  );
}

async function factsOf({ path }: BlockDevice, { sys }: DriveSystem): Promise<DriveFacts> {
  const name = basename(path);
  const [sequence, cardType, backing] = await Promise.all([
    attribute(join(sys, 'block', name, 'diskseq')),
    attribute(join(sys, 'block', name, 'device', 'type')),
    loopBacking(sys, name),
  ]);
  return { sequence, cardType, backing };
}

/** A file of sysfs; undefined where this kernel or device has none. */
async function attribute(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return undefined;
  }
}
