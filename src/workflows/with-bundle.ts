import { BundleReader } from '../bundle/bundle-reader.ts';
import { openFileAccess } from '../bundle/file-access.ts';

/** Opens a bundle file, gives its reader to `use`, and closes it in any case. */
export async function withBundle<T>(path: string, use: (reader: BundleReader) => Promise<T>): Promise<T> {
  const reader = await BundleReader.open(await openFileAccess(path), path);
  try {
    return await use(reader);
  } finally {
    await reader.close();
  }
}
