import type { BundleReader } from '../bundle/bundle-reader.ts';
import { openWithBases } from './open-with-bases.ts';
import type { OpenedWithBases } from './open-with-bases.ts';
import type { OpenRequest } from './open-request.ts';

/**
 * Opens a bundle, gives its reader to `use`, with what it was found in, and closes it in any case.
 *
 * @throws as {@link openWithBases} does
 */
export async function withBundle<T>(
  path: string,
  use: (reader: BundleReader, opened: OpenedWithBases) => Promise<T>,
  request?: OpenRequest,
): Promise<T> {
  const opened = await openWithBases(path, request);
  try {
    return await use(opened.reader, opened);
  } finally {
    await opened.close();
  }
}
