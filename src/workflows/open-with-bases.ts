import type { Digest } from '../oci/digest.ts';
import { isInventoryPath, readInventory } from './base-inventory.ts';
import type { BasePlace } from './base-place.ts';
import { BasePool } from './base-pool.ts';
import type { NamedBase } from './base-pool.ts';
import { openBundleFile } from './open-bundle.ts';
import type { OpenedBundle } from './open-bundle.ts';
import type { OpenRequest } from './open-request.ts';

/** Bundles that delta bundles may have been made against. */
export interface BaseRequest {
  /** As the user gave them; the inventory of one tells what is where in the places. */
  readonly paths: readonly string[];
  /** Asked for what no bundle has. */
  readonly places?: readonly BasePlace[] | undefined;
  /** Where their layers are decompressed to: a folder on a disk. */
  readonly folder: string;
}

/** A bundle that is open, with its bases. */
export interface OpenedWithBases extends OpenedBundle {
  readonly bases: readonly NamedBase[];
  /** Bytes of layers of bases that have to be decompressed at a time into the folder for them, as far as that is known. */
  readonly spaceForBases: (signal: AbortSignal) => Promise<number>;
  /**
   * Asks for what the bundle takes from other places than bundles: all of it, or what some blobs need.
   *
   * @throws PaletteEdgeError `BASE_NEEDED` (kind notFound) that names what is missing, or that a place cannot be asked
   */
  readonly require: (signal: AbortSignal, blobs?: Iterable<Digest>) => Promise<void>;
  /** Closes the bundle and its bases. */
  readonly close: () => Promise<void>;
}

const withoutBases: Pick<OpenedWithBases, 'bases' | 'spaceForBases' | 'require'> = {
  bases: [],
  spaceForBases: async () => await Promise.resolve(0),
  require: async () => await Promise.resolve(),
};

/**
 * Opens a bundle that may be a delta bundle, and its bases. With other places to ask, what is in no bundle is found when it is required, or read.
 *
 * @throws PaletteEdgeError as `openBundleFile`, and `BASE_NEEDED` (kind notFound) when one that is needed is not among the bases
 */
export async function openWithBases(
  path: string,
  { bases, trust }: OpenRequest = {},
): Promise<OpenedWithBases> {
  if (bases === undefined) {
    const opened = await openBundleFile(path, { trust });
    const close = async (): Promise<void> => await opened.reader.close();
    return { ...opened, ...withoutBases, close };
  }
  const pool = await openBases(bases);
  try {
    const opened = await openBundleFile(path, { pool, trust });
    const close = async (): Promise<void> => {
      await opened.reader.close();
      await pool.close();
    };
    const bundle = { path, reader: opened.reader };
    pool.know(bundle);
    try {
      if (!pool.asksElsewhere) pool.requireFromBundles(bundle);
    } catch (error) {
      await opened.reader.close();
      throw error;
    }
    const spaceForBases = async (signal: AbortSignal): Promise<number> =>
      await pool.spaceFor(opened.reader, signal);
    const require: OpenedWithBases['require'] = async (signal, blobs) =>
      await pool.require(bundle, signal, blobs);
    return { ...opened, bases: pool.bases, spaceForBases, require, close };
  } catch (error) {
    await pool.close();
    throw error;
  }
}

/** Opens bases, which may need each other. */
export async function openBases({ paths, folder, places }: BaseRequest): Promise<BasePool> {
  const named = new Set(paths);
  const inventories = await Promise.all([...named].filter(isInventoryPath).map(readInventory));
  const pool = new BasePool({ folder, places, inventories });
  try {
    for (const path of [...named].filter((each) => !isInventoryPath(each)))
      pool.add({ path, ...(await openBundleFile(path, { pool })) });
  } catch (error) {
    await pool.close();
    throw error;
  }
  return pool;
}
