import { tmpdir } from 'node:os';

import { PaletteEdgeError } from '../errors.ts';
import type { OpenBundle } from './bundle-blobs.ts';
import { openBundleFile } from './open-bundle.ts';
import { openBases } from './open-with-bases.ts';
import type { BaseRequest } from './open-with-bases.ts';

/** What is opened. */
export interface BundlesToOpen {
  readonly paths: readonly string[];
  /** Of the delta bundles among them. */
  readonly bases?: BaseRequest | undefined;
}

/**
 * Opens bundles, each path once.
 *
 * @param resources closes them
 * @throws PaletteEdgeError for one that cannot be opened, `FILE_NEEDED` (kind usage) for standard input, `BASE_NEEDED` (kind notFound); the signal's reason when
 *   aborted
 */
export async function openBundles(
  { paths, bases = { paths: [], folder: tmpdir() } }: BundlesToOpen,
  resources: AsyncDisposableStack,
  signal: AbortSignal,
): Promise<OpenBundle[]> {
  const bundles: OpenBundle[] = [];
  const pool = await openBases(bases);
  resources.defer(async () => await pool.close());
  for (const path of new Set(paths)) {
    signal.throwIfAborted();
    if (path === '-') throw fileNeeded();
    const { reader } = await openBundleFile(path, pool);
    resources.defer(async () => await reader.close());
    bundles.push({ path, reader });
  }
  // Those that are named may be what others of them were made against.
  for (const bundle of bundles) pool.lend(bundle);
  for (const bundle of bundles) pool.require(bundle);
  return bundles;
}

function fileNeeded(): PaletteEdgeError {
  return new PaletteEdgeError(
    'FILE_NEEDED',
    '- is standard input, which is read once, and this reads a bundle again and again',
    { kind: 'usage', suggestions: ['Name a file, its parts or an ISO image.', 'A file of that name is ./-'] },
  );
}
