import { blockDeviceNumber } from '../io/device-number.ts';
import { openDeviceAccess, openFileAccess } from '../io/random-access.ts';
import type { RandomAccess } from '../io/random-access.ts';
import { readIsoVolume } from './iso-volume.ts';

/**
 * Opens an image for reading: a file, or a drive that it was written to, which is larger than what the image says it has.
 *
 * @param what what the path stands for, for messages, where that is not known to be an image
 * @throws PaletteEdgeError as {@link openFileAccess} does; for a drive `NOT_AN_ISO`, `ISO_TRUNCATED`, `ISO_DAMAGED` (kind content), too
 */
export async function openIsoAccess(path: string, what = 'ISO image'): Promise<RandomAccess> {
  if ((await blockDeviceNumber(path)) === undefined) return await openFileAccess(path, what);
  const device = await openDeviceAccess(path, 'ISO image');
  try {
    const { size } = await readIsoVolume(device, path);
    return { ...device, size };
  } catch (error) {
    await device.close();
    throw error;
  }
}
