import { stat } from 'node:fs/promises';

import { systemErrorCode } from '../errors.ts';

/**
 * `8:17` for a device number of `stat`: how Linux puts major and minor number into one, see makedev(3).
 *
 * @param device below 2^32, as all that Linux gives
 */
export function deviceNumber(device: number): string {
  const major = (device >>> 8) & 0xfff;
  const minor = (device & 0xff) | ((device >>> 12) & 0xfff00);
  return `${major}:${minor}`;
}

/** The number of the block device at a path, or undefined when there is none. */
export async function blockDeviceNumber(path: string): Promise<string | undefined> {
  try {
    const status = await stat(path);
    return status.isBlockDevice() ? deviceNumber(status.rdev) : undefined;
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return undefined;
  }
}
