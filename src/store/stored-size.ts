import { stat } from 'node:fs/promises';

import { wordDiskError } from '../errors.ts';
import type { Digest } from '../oci/digest.ts';
import { blobPath } from './store-layout.ts';
import { readingFrom } from './store-side.ts';
import { unlessMissing } from './unless-missing.ts';

/**
 * Length in bytes of the file that holds a blob, or undefined when there is none.
 *
 * @throws PaletteEdgeError when the store cannot be looked at
 */
export async function storedSize(folder: string, digest: Digest): Promise<number | undefined> {
  try {
    const status = await unlessMissing(stat(blobPath(folder, digest)));
    return status?.isFile() === true ? status.size : undefined;
  } catch (error) {
    throw wordDiskError(error, `${readingFrom(folder)}: ${digest}`);
  }
}
