import { BundleReader } from '../bundle/bundle-reader.ts';
import { openFileAccess } from '../io/random-access.ts';

/**
 * Opens a bundle by the path that a user gave. The caller closes the reader.
 *
 * @throws PaletteEdgeError for a file that is missing, no bundle, damaged, or of another format version
 */
export async function openBundle(path: string): Promise<BundleReader> {
  return await BundleReader.open(await openFileAccess(path, 'bundle'), path);
}
