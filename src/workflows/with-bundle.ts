import type { BundleReader } from '../bundle/bundle-reader.ts';
import { openWithBases } from './open-with-bases.ts';
import type { BaseRequest, OpenedWithBases } from './open-with-bases.ts';

/**
 * Opens a bundle, gives its reader to `use`, with what it was found in, and closes it in any case.
 *
 * @param bases of a delta bundle
 */
export async function withBundle<T>(
  path: string,
  use: (reader: BundleReader, opened: OpenedWithBases) => Promise<T>,
  bases?: BaseRequest,
): Promise<T> {
  const opened = await openWithBases(path, bases);
  try {
    return await use(opened.reader, opened);
  } finally {
    await opened.close();
  }
}
