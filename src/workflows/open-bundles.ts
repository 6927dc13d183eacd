import { PaletteEdgeError } from '../errors.ts';
import type { OpenBundle } from './bundle-blobs.ts';
import { openBundle } from './open-bundle.ts';

/**
 * Opens bundles, each path once.
 *
 * @param resources closes them
 * @throws PaletteEdgeError for one that cannot be opened, `FILE_NEEDED` (kind usage) for standard input; the signal's reason when
 *   aborted
 */
export async function openBundles(
  paths: readonly string[],
  resources: AsyncDisposableStack,
  signal: AbortSignal,
): Promise<OpenBundle[]> {
  const bundles: OpenBundle[] = [];
  for (const path of new Set(paths)) {
    signal.throwIfAborted();
    if (path === '-') throw fileNeeded();
    const reader = await openBundle(path);
    resources.defer(async () => await reader.close());
    bundles.push({ path, reader });
  }
  return bundles;
}

function fileNeeded(): PaletteEdgeError {
  return new PaletteEdgeError(
    'FILE_NEEDED',
    '- is standard input, which is read once, and this reads a bundle again and again',
    { kind: 'usage', suggestions: ['Name a file, its parts or an ISO image.', 'A file of that name is ./-'] },
  );
}
