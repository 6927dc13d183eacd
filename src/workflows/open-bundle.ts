import { BundleReader } from '../bundle/bundle-reader.ts';
import type { RandomAccess } from '../io/random-access.ts';
import { openFileAccess } from '../io/random-access.ts';

/** The bytes of a bundle, wherever they lie. */
interface BundleBytes {
  readonly access: RandomAccess;
}

/**
 * Opens a bundle by the path that a user gave. The caller closes the reader.
 *
 * @throws PaletteEdgeError for a file that is missing, no bundle, damaged, or of another format version
 */
export async function openBundle(path: string): Promise<BundleReader> {
  const { access } = await findBundle(path);
  return await BundleReader.open(access, path);
}

/** Each way of finding a bundle looks at name and content, and says undefined for what is not its own. */
async function findBundle(path: string): Promise<BundleBytes> {
  return { access: await openFileAccess(path, 'bundle') };
}
