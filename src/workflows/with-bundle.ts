import type { BundleReader } from '../bundle/bundle-reader.ts';
import { openBundle } from './open-bundle.ts';

/** Opens a bundle file, gives its reader to `use`, and closes it in any case. */
export async function withBundle<T>(path: string, use: (reader: BundleReader) => Promise<T>): Promise<T> {
  const reader = await openBundle(path);
  try {
    return await use(reader);
  } finally {
    await reader.close();
  }
}
