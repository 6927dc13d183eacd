import { noteBase } from '../store/used-bases.ts';
import { baseOf } from './base-identity.ts';
import type { DeltaBase } from './delta-bases.ts';

/**
 * Remembers in a store which bases a build used, so that pruning leaves their blobs alone for as long as if they were used themselves.
 *
 * @throws PaletteEdgeError kind disk
 */
export async function noteBases(
  { folder }: { readonly folder: string },
  bases: readonly DeltaBase[] = [],
): Promise<void> {
  for (const base of bases) {
    const digests = new Set(base.inventory.blobs.map(({ digest }) => digest));
    await noteBase(folder, { ...baseOf(base), digests });
  }
}
