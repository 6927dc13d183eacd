import { BasePool } from './base-pool.ts';
import type { NamedBase } from './base-pool.ts';
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
  readonly bases: readonly NamedBase[];
  /** Bytes of layers of bases that have to be decompressed at a time into the folder for them, as far as that is known. */
  readonly spaceForBases: () => Promise<number>;
  /** Closes the bundle and its bases. */
  readonly close: () => Promise<void>;
}

/**
 * Opens a bundle that may be a delta bundle, and its bases.
 *
 * @param bases undefined reads a delta bundle without them, as far as that goes
 * @throws PaletteEdgeError as `openBundle`, and `BASE_NEEDED` (kind notFound) when one that is needed is not among the bases
 */
export async function openWithBases(path: string, bases: BaseRequest | undefined): Promise<OpenedWithBases> {
  if (bases === undefined) {
    const opened = await openBundleFile(path);
    const close = async (): Promise<void> => await opened.reader.close();
    return { ...opened, bases: [], spaceForBases: async () => await Promise.resolve(0), close };
  }
  const pool = await openBases(bases);
  try {
    const opened = await openBundleFile(path, pool);
    const close = async (): Promise<void> => {
      await opened.reader.close();
      await pool.close();
    };
    try {
      pool.require({ path, reader: opened.reader });
    } catch (error) {
      await opened.reader.close();
      throw error;
    }
    const spaceForBases = async (): Promise<number> => await pool.spaceFor(opened.reader);
    return { ...opened, bases: pool.bases, spaceForBases, close };
  } catch (error) {
    await pool.close();
    throw error;
  }
}

/** Opens bases, which may need each other. */
export async function openBases({ paths, folder }: BaseRequest): Promise<BasePool> {
  const pool = new BasePool(folder);
  try {
    for (const path of new Set(paths)) pool.add({ path, ...(await openBundleFile(path, pool)) });
  } catch (error) {
    await pool.close();
    throw error;
  }
  return pool;
}
