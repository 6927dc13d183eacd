import { hashHere } from '../io/hash-thread.ts';
import type { Hasher } from '../io/hash-thread.ts';
import { checkBundleBlobs } from './check-bundle-blobs.ts';
import type { BlobsContext } from './check-bundle-blobs.ts';
import { hashIsoContent } from './hash-iso-content.ts';
import type { InstallerFiles } from './installer-files.ts';

/** How bundles are verified. */
export interface InstallerBundlesContext extends BlobsContext {
  /** Hashes in this thread when undefined. */
  readonly hasher?: Hasher | undefined;
}

/**
 * Verifies bundles before they go into an installer, as they are before they go into an ISO image: by the `.sha256` beside each or the
 * list of its parts, and blob by blob where there is none, or where it must be signed.
 *
 * @throws PaletteEdgeError `CHECKSUM_MISMATCH`, `BUNDLE_DAMAGED` (kind content), and what opening it throws
 */
export async function checkInstallerBundles(
  { content, trust }: Pick<InstallerFiles, 'content' | 'trust'>,
  context: InstallerBundlesContext,
): Promise<void> {
  const { hasher = hashHere, signal, onStart, onBytes } = context;
  for (const { path, size, sources } of content) {
    if (trust !== undefined || sources.some(({ sha256 }) => sha256 === undefined)) {
      await checkBundleBlobs(path, { ...context, trust });
      continue;
    }
    onStart(size);
    for (const { named, size: length, sha256 } of sources) {
      const pieces = [{ path: named, start: 0, size: length }];
      await hashIsoContent({ path: named, pieces, sha256 }, { hasher, signal, onBytes });
    }
  }
}
