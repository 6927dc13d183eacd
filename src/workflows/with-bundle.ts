import type { BundleReader } from '../bundle/bundle-reader.ts';
import { openBundleFile } from './open-bundle.ts';
import type { OpenedBundle } from './open-bundle.ts';

/** Opens a bundle, gives its reader to `use`, with what it was found in, and closes it in any case. */
export async function withBundle<T>(
  path: string,
  use: (reader: BundleReader, opened: OpenedBundle) => Promise<T>,
): Promise<T> {
  const opened = await openBundleFile(path);
  const { reader } = opened;
  try {
    return await use(reader, opened);
  } finally {
    await reader.close();
  }
}
