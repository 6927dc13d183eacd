import { lstat, readdir } from 'node:fs/promises';

import { runLimited } from '../io/run-limited.ts';
import { isDigest } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import { listPartials } from './partial-blobs.ts';
import { blobFolder, blobPath } from './store-layout.ts';
import { onStoreDisk, readingFrom } from './store-side.ts';
import { unlessMissing } from './unless-missing.ts';

/** A blob of a store, or a partial one. */
export interface StoreEntry {
  readonly kind: 'blob' | 'partial';
  readonly digest: Digest;
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** When a blob was last used, to the hour, and a partial one last written: milliseconds since 1970. */
  readonly used: number;
}

const looksAtOnce = 16;

/**
 * Everything that takes space in a store, in no order. What vanishes meanwhile is left out, and so are files with other names.
 *
 * @throws PaletteEdgeError when the folder cannot be read
 */
export async function listEntries(folder: string, signal: AbortSignal): Promise<StoreEntry[]> {
  return await onStoreDisk(readingFrom(folder), async () => {
    const digests = await listDigests(folder);
    const limits = { concurrency: looksAtOnce, signal };
    const blobs = await runLimited(digests, limits, async (digest) => await blobEntry(folder, digest));
    const partials = await listPartials(folder);
    return [
      ...blobs.flat(),
      ...partials.map(({ digest, path, size, modified }) => ({
        kind: 'partial' as const,
        digest,
        path,
        size,
        used: modified,
      })),
    ];
  });
}

/** Digests of all blobs, sorted. */
async function listDigests(folder: string): Promise<Digest[]> {
  const names = await readdir(blobFolder(folder));
  return names
    .map((name) => `sha256:${name}`)
    .filter(isDigest)
    .toSorted();
}

async function blobEntry(folder: string, digest: Digest): Promise<StoreEntry[]> {
  const path = blobPath(folder, digest);
  const status = await unlessMissing(lstat(path));
  if (status?.isFile() !== true) return [];
  return [{ kind: 'blob', digest, path, size: status.size, used: status.mtimeMs }];
}
