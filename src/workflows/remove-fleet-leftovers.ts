import { removeStalePartialsWhere } from '../io/atomic-file.ts';

/** `CONTENT-KEY-ID.` and `CONTENT-KEY-from-BASE-ID.`, as files of bundles of a fleet begin. */
const bundleFile = /^[a-z0-9][a-z0-9-]*-[0-9a-f]{8}(?:-from-[0-9a-f]{8})?-[0-9a-f]{8}\./;

/**
 * Removes what killed runs left, over a day ago, of bundles of a fleet: under the names of releases that are not built any more, nobody else would.
 *
 * @param folder of the bundles
 */
export async function removeFleetLeftovers(folder: string): Promise<void> {
  await removeStalePartialsWhere(folder, (name) => bundleFile.test(name));
}
