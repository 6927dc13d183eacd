import { SharedStores } from '../store-sharing/shared-stores.ts';
import type { BuildInput, BuildResources } from './build-input.ts';

/**
 * Opens the shared stores that a build was given. A dry run puts nothing into them.
 *
 * @throws PaletteEdgeError as {@link SharedStores.open} does
 */
export async function openSharedStores(
  { isDryRun }: Pick<BuildInput, 'isDryRun'>,
  { sharedStores = [], listener }: Pick<BuildResources, 'sharedStores' | 'listener'>,
  signal: AbortSignal,
): Promise<SharedStores> {
  return await SharedStores.open(sharedStores, {
    isReadOnly: isDryRun,
    tell: (warning) => listener({ kind: 'warning', warning }),
    signal,
  });
}
