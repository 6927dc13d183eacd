import { inventoryId } from '../bundle/inventory.ts';
import type { BundleReader } from '../bundle/bundle-reader.ts';
import { requireTrusted } from './bundle-trust.ts';
import { isInventoryPath, readInventory } from './base-inventory.ts';
import type { BundleSide } from './diff-side.ts';
import { signedFile } from './find-signatures.ts';
import { withBundle } from './with-bundle.ts';
import { withBundleSource } from './with-bundle-source.ts';
import type { BundleInput } from './with-bundle-source.ts';

/** What a site has. */
export interface OldBundle {
  readonly side: BundleSide;
  /** Of a squeezed bundle in a file: its bytes by those of the blobs that it stands for. */
  readonly squeezedShare: number | undefined;
}

/**
 * Reads what a bundle has, in any form, or of a file called `.json` that is no parts list: the inventory of a plain bundle. Of a delta bundle its
 * bases are not needed.
 *
 * @throws PaletteEdgeError for what cannot be read, is neither, or is not signed as it has to be
 */
export async function readOldBundle(input: BundleInput): Promise<OldBundle> {
  const { path, stream, trust } = input;
  if (stream !== undefined) {
    const side = await withBundleSource(input, async (source) => await Promise.resolve(sideOf(path, source)));
    return { side, squeezedShare: undefined };
  }
  if (isInventoryPath(path)) {
    const { inventory, inventoryBytes } = await readInventory(path);
    const described = { path, id: inventoryId(inventoryBytes), inventory, inventoryBytes };
    // It is what a signature is of.
    await requireTrusted({ ...described, signature: undefined, files: [signedFile(path)] }, trust);
    return { side: sideOf(path, { inventory, inventoryBytes }), squeezedShare: undefined };
  }
  return await withBundle(
    path,
    async (reader) =>
      await Promise.resolve({ side: sideOf(path, reader), squeezedShare: squeezedShare(reader) }),
    { trust },
  );
}

/** With the id of the plain bundle, by which bases are told apart. */
function sideOf(
  path: string,
  { inventory, inventoryBytes }: Pick<BundleReader, 'inventory' | 'inventoryBytes'>,
): BundleSide {
  return { kind: 'bundle', path, name: inventory.name, id: inventoryId(inventoryBytes), inventory };
}

/** Of a delta bundle nothing is known: most of it is elsewhere. */
function squeezedShare({ stored, inventory, size }: BundleReader): number | undefined {
  if (stored.squeezed?.mode !== 'squeezed') return undefined;
  const bytes = inventory.blobs.reduce((sum, blob) => sum + blob.size, 0);
  return bytes === 0 ? undefined : size / bytes;
}
