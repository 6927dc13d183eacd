import type { Inventory } from '../bundle/inventory.ts';
import type { PartFile } from '../bundle/joined-parts.ts';
import { withBundle } from './with-bundle.ts';

/** What a bundle says about itself. */
export interface InspectResult {
  readonly path: string;
  readonly id: string;
  /** Length of the file in bytes. */
  readonly size: number;
  /** Bytes of all blobs in it. */
  readonly contentSize: number;
  /** What the file is joined from; undefined when it is one. */
  readonly parts?: {
    /** Name of the parts list; undefined when there is none. */
    readonly list?: string;
    /** In order. */
    readonly files: readonly PartFile[];
  };
  readonly inventory: Inventory;
}

/**
 * Reads a bundle's inventory. Only the beginning and the end of the file are read: their checks hold, the blobs are not
 * verified.
 *
 * @throws PaletteEdgeError for a file that is missing, no bundle, damaged, or of another format version
 */
export async function inspectBundle(path: string): Promise<InspectResult> {
  return await withBundle(path, async ({ id, size, inventory }, opened) => {
    const contentSize = inventory.blobs.reduce((sum, blob) => sum + blob.size, 0);
    const files = opened.parts?.parts.map(({ name, size: partSize }) => ({ name, size: partSize }));
    const parts = files === undefined ? undefined : { list: opened.parts?.listName, files };
    return await Promise.resolve({ path, id, size, contentSize, parts, inventory });
  });
}
