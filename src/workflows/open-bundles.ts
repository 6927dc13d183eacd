import type { OpenBundle } from './bundle-blobs.ts';
import { openBundle } from './open-bundle.ts';

/**
 * Opens bundles, each path once.
 *
 * @param resources closes them
 * @throws PaletteEdgeError for one that cannot be opened; the signal's reason when aborted
 */
export async function openBundles(
  paths: readonly string[],
  resources: AsyncDisposableStack,
  signal: AbortSignal,
): Promise<OpenBundle[]> {
  const bundles: OpenBundle[] = [];
  for (const path of new Set(paths)) {
    signal.throwIfAborted();
    const reader = await openBundle(path);
    resources.defer(async () => await reader.close());
    bundles.push({ path, reader });
  }
  return bundles;
}
