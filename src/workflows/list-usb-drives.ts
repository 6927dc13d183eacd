import { stat } from 'node:fs/promises';

import { wordDiskError } from '../errors.ts';
import type { Drive } from '../usb/drive.ts';
import { driveRefusals } from '../usb/drive-refusals.ts';
import type { DriveRefusal } from '../usb/drive-refusals.ts';
import { requireLinux } from '../usb/drive-system.ts';
import type { DriveSystem } from '../usb/drive-system.ts';
import { listDrives } from '../usb/list-drives.ts';

/** What to list. */
export interface UsbListInput {
  /** Drives that are not removable, too. */
  readonly isAll: boolean;
  /** An image: drives that it does not fit on are told. */
  readonly image?: string | undefined;
}

/** A drive, and why it cannot be written to. */
export interface UsbDrive extends Drive {
  /** Empty when it can. */
  readonly refusals: readonly DriveRefusal[];
}

/** The drives that were found. */
export interface UsbListResult {
  readonly drives: readonly UsbDrive[];
  /** How many there are besides that are not removable. */
  readonly others: number;
}

/**
 * Lists drives with what keeps them from being written to.
 *
 * @throws PaletteEdgeError `USB_UNSUPPORTED` (kind usage), `USB_TOOL_MISSING` (kind notFound), `USB_TOOL_FAILED` (kind failure); for an
 *   image that is missing
 */
export async function listUsbDrives(
  { isAll, image }: UsbListInput,
  system: DriveSystem,
  signal: AbortSignal,
): Promise<UsbListResult> {
  requireLinux(system);
  const imageSize = image === undefined ? undefined : await sizeOf(image);
  const all = (await listDrives(system, signal)).map(({ drive }) => ({
    ...drive,
    refusals: driveRefusals(drive, { imageSize }),
  }));
  const drives = isAll ? all : all.filter(({ isRemovable, type }) => isRemovable && type === 'disk');
  return { drives, others: all.length - drives.length };
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    throw wordDiskError(error, `reading the image ${path}`);
  }
}
