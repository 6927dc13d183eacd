import type { BundleReader } from '../bundle/bundle-reader.ts';
import type { Inventory } from '../bundle/inventory.ts';
import { maximumBases } from '../bundle/read-delta-content.ts';
import { PaletteEdgeError } from '../errors.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import { digestOf } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import { isInventoryPath, readInventory } from './base-inventory.ts';
import type { NamedBase } from './base-pool.ts';
import { openBases } from './open-with-bases.ts';
import type { BaseRequest } from './open-with-bases.ts';
import { requireSpillFolder } from './require-spill-folder.ts';

/** What a delta bundle is made against. */
export interface DeltaBase {
  /** As the user wrote it. */
  readonly path: string;
  /** Of the plain bundle. */
  readonly inventory: Inventory;
  readonly inventoryBytes: Uint8Array;
  /** Undefined when only the inventory is here: then no layer is described by those of this base. */
  readonly reader: BundleReader | undefined;
}

/** Bases that are open. Disposing closes them. */
export interface OpenedBases extends AsyncDisposable {
  /** Undefined when there are none. */
  readonly bases: readonly DeltaBase[] | undefined;
  /** Those that are bundles, and what they were found in. */
  readonly bundles: readonly NamedBase[];
}

/**
 * Opens what a delta bundle is made against: bundles in any form that is read, or the inventory of one, as `palette-edge extract --file
 * palette-edge/inventory.json` gives it.
 *
 * @throws PaletteEdgeError as opening a bundle does, `INVENTORY_INVALID` (kind content), `TOO_MANY_BASES` (kind usage)
 */
export async function openDeltaBases(request: BaseRequest | undefined): Promise<OpenedBases> {
  if (request === undefined)
    return { bases: undefined, bundles: [], [Symbol.asyncDispose]: async () => await Promise.resolve() };
  const { paths, folder } = request;
  const files = paths.filter((path) => !isInventoryPath(path));
  const pool = await openBases({ paths: files, folder });
  try {
    const bundles = pool.bases.map(({ path, reader }) => ({
      path,
      inventory: reader.inventory,
      inventoryBytes: reader.inventoryBytes,
      reader,
    }));
    for (const base of pool.bases) pool.requireFromBundles(base);
    const inventories = await Promise.all([...new Set(paths.filter(isInventoryPath))].map(readInventory));
    return {
      bases: requireFew(eachOnce([...bundles, ...inventories])),
      bundles: pool.bases,
      [Symbol.asyncDispose]: async () => await pool.close(),
    };
  } catch (error) {
    await pool.close();
    throw error;
  }
}

/**
 * Nothing is pulled for a delta bundle whose layers could not be compared with those of its bases.
 *
 * @throws PaletteEdgeError of kind disk, `FILE_NOT_FOUND`, `NOT_A_FOLDER` for the folder that layers of bases are decompressed to
 */
export async function requireFolderOfBases(
  request: BaseRequest | undefined,
  { bundles }: Pick<OpenedBases, 'bundles'>,
): Promise<void> {
  if (request === undefined || bundles.length === 0) return;
  await requireSpillFolder(request.folder, `decompressing layers of bases in ${request.folder}`);
}

/** The same bundle may be named in several forms, and its inventory besides: the first one has the content, if any has. */
function eachOnce(bases: readonly DeltaBase[]): readonly DeltaBase[] {
  const byInventory = new Map(bases.toReversed().map((base) => [digestOf(base.inventoryBytes), base]));
  return bases.filter((base) => byInventory.get(digestOf(base.inventoryBytes)) === base);
}

function requireFew(bases: readonly DeltaBase[]): readonly DeltaBase[] {
  if (bases.length <= maximumBases) return bases;
  throw new PaletteEdgeError(
    'TOO_MANY_BASES',
    `a delta bundle is made against ${maximumBases} others at most, and ${bases.length} were named`,
    { kind: 'usage', suggestions: ['Name those that receivers have: the last one is often enough.'] },
  );
}

/**
 * Tells whether bases have a blob. What a squeezed base has besides, for itself, is not in the plain one, which may be what the receiver has.
 */
export function inBases(bases: readonly DeltaBase[]): (blob: BlobIdentity) => boolean {
  const sizes = new Map<Digest, number>(
    bases.flatMap(({ inventory }) => inventory.blobs.map(({ digest, size }) => [digest, size] as const)),
  );
  return ({ digest, size }) => sizes.get(digest) === size;
}
