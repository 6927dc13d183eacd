import { readLeases } from './read-leases.ts';
import { onStoreDisk, readingFrom } from './store-side.ts';

/**
 * How many processes use a store at the moment, or may: of other hosts and containers nobody knows at once that they have ended.
 *
 * @throws PaletteEdgeError those of {@link readLeases}
 */
export async function countLeases(folder: string): Promise<number> {
  return await onStoreDisk(readingFrom(folder), async () => {
    const leases = await readLeases(folder, Date.now());
    return leases.filter(({ digests }) => digests.size > 0).length;
  });
}
