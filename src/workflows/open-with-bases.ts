import { BasePool } from './base-pool.ts';
import { openBundleFile } from './open-bundle.ts';
import type { OpenedBundle } from './open-bundle.ts';

/** Bundles that delta bundles may have been made against. */
export interface BaseRequest {
  /** As the user gave them. */
  readonly paths: readonly string[];
  /** Where their layers are decompressed to: a folder on a disk. */
  readonly folder: string;
}

/** A bundle that is open, with its bases. */
export interface OpenedWithBases extends OpenedBundle {
  /** Closes the bundle and its bases. */
  readonly close: () => Promise<void>;
}

/**
 * Opens a bundle that may be a delta bundle, and its bases.
 *
 * @param bases undefined reads a delta bundle without them, as far as that goes
 * @throws PaletteEdgeError as `openBundle`, and `BASE_NEEDED` (kind notFound) when bases were named and one that is needed is not among them
 */
export async function openWithBases(path: string, bases: BaseRequest | undefined): Promise<OpenedWithBases> {
  if (bases === undefined || bases.paths.length === 0) {
    const opened = await openBundleFile(path);
    return { ...opened, close: async () => await opened.reader.close() };
  }
  const pool = await openBases(bases);
  try {
    const opened = await openBundleFile(path, pool);
    const close = async (): Promise<void> => {
      await opened.reader.close();
      await pool.close();
    };
    try {
      await pool.require({ path, reader: opened.reader });
    } catch (error) {
      await opened.reader.close();
      throw error;
    }
    return { ...opened, close };
  } catch (error) {
    await pool.close();
    throw error;
  }
}

/** Opens bases, which may need each other. */
export async function openBases({ paths, folder }: BaseRequest): Promise<BasePool> {
  const pool = new BasePool(folder);
  try {
    for (const path of new Set(paths)) pool.add({ path, reader: (await openBundleFile(path, pool)).reader });
  } catch (error) {
    await pool.close();
    throw error;
  }
  return pool;
}
