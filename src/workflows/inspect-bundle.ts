import type { Inventory } from '../bundle/inventory.ts';
import { withBundle } from './with-bundle.ts';

/** What a bundle says about itself. */
export interface InspectResult {
  readonly path: string;
  readonly id: string;
  /** Length of the file in bytes. */
  readonly size: number;
  /** Bytes of all blobs in it. */
  readonly contentSize: number;
  readonly inventory: Inventory;
}

/**
 * Reads a bundle's inventory. Only the beginning and the end of the file are read: their checks hold, the blobs are not
 * verified.
 *
 * @throws PaletteEdgeError for a file that is missing, no bundle, damaged, or of another format version
 */
export async function inspectBundle(path: string): Promise<InspectResult> {
  return await withBundle(path, async ({ id, size, inventory }) => {
    const contentSize = inventory.blobs.reduce((sum, blob) => sum + blob.size, 0);
    return await Promise.resolve({ path, id, size, contentSize, inventory });
  });
}
