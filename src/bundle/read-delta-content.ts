import { isDigest } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import { isBundleName } from './inventory.ts';
import { invalidInventory } from './inventory-fields.ts';
import type { Fields } from './inventory-fields.ts';
import type { BaseBundle, DeltaContent, DeltaPatch, StoredBlob, TakenBlob } from './squeezed-inventory.ts';

/** Bundles that one delta bundle leans on. */
export const maximumBases = 100;
const maximumBlobs = 200_000;
/** A patch is made against few: each has to be there as a whole while it is applied. */
const maximumOlds = 16;

/**
 * Reads what a delta bundle needs of others.
 *
 * @throws PaletteEdgeError `INVENTORY_INVALID` (kind content)
 */
export function readDelta(fields: Fields): DeltaContent {
  return {
    bases: fields.objects('bases', maximumBases).map(readBase),
    taken: fields.objects('taken', maximumBlobs).map(readTaken),
    patches: fields.objects('patches', maximumBlobs).map(readPatch),
  };
}

/**
 * Checks that all is in order, and that patches are there.
 *
 * @throws PaletteEdgeError `INVENTORY_INVALID` (kind content)
 */
export function checkDelta({ bases, taken, patches }: DeltaContent, blobs: readonly StoredBlob[]): void {
  requireOrder(
    bases.map(({ inventory }) => inventory),
    'delta.bases',
  );
  requireOrder(
    taken.map(({ digest }) => digest),
    'delta.taken',
  );
  requireOrder(
    patches.map(({ plain }) => plain),
    'delta.patches',
  );
  if (bases.length === 0) throw invalidInventory('delta.bases is empty');
  const stored = new Map<Digest, StoredBlob>(blobs.map((blob) => [blob.digest, blob]));
  for (const [index, { plain, patch }] of patches.entries()) {
    if (stored.get(patch)?.role !== 'patch')
      throw invalidInventory(`the patch of delta.patches[${index}] is not there`);
    if (stored.has(plain)) throw invalidInventory(`delta.patches[${index}] is among the blobs, too`);
  }
}

function readBase(fields: Fields): BaseBundle {
  return {
    name: fields.text('name', isBundleName),
    id: fields.text('id', (text) => /^[0-9a-f]{8}$/.test(text)),
    inventory: fields.digest('inventory'),
  };
}

function readTaken(fields: Fields): TakenBlob {
  return { digest: fields.digest('digest'), size: fields.size('size') };
}

function readPatch(fields: Fields): DeltaPatch {
  const olds = fields.list('olds', maximumOlds).map((old) => {
    if (typeof old !== 'string' || !isDigest(old))
      throw fields.invalid('olds', 'has what is no sha256 digest');
    return old;
  });
  return { plain: fields.digest('plain'), size: fields.size('size'), patch: fields.digest('patch'), olds };
}

/** Each once, sorted. */
export function requireOrder(digests: readonly string[], name: string): void {
  const wrong = digests.findIndex((digest, index) => (digests[index - 1] ?? '') >= digest);
  if (wrong !== -1) throw invalidInventory(`${name}[${wrong}] is not in order`);
}
