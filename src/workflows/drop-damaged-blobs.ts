import { PaletteEdgeError } from '../errors.ts';
import { runLimited } from '../io/run-limited.ts';
import type { BlobReader } from '../oci/blob-access.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import type { Warning } from '../warning.ts';

/** Reading is what takes time, and one disk serves them all. */
const readsAtOnce = 2;

/** Codes of warnings by those of errors. A blob that was there may go: on shared drives a prune sees late that it is needed. */
const codes: ReadonlyMap<string, string> = new Map([
  ['DIGEST_MISMATCH', 'STORE_BLOB_DAMAGED'],
  ['BLOB_NOT_FOUND', 'STORE_BLOB_GONE'],
]);

/**
 * Reads blobs of a store to their end, which removes those that are damaged. After a power cut one is seldom alone: this finds all
 * of them at once.
 *
 * @returns a warning for each
 */
export async function dropDamagedBlobs(
  blobs: readonly BlobIdentity[],
  store: BlobReader,
  signal: AbortSignal,
): Promise<Warning[]> {
  const limits = { concurrency: readsAtOnce, signal };
  const found = await runLimited(blobs, limits, async (blob, innerSignal) => {
    if ((await store.sizeOf(blob.digest, innerSignal)) !== blob.size) return [];
    try {
      await readToEnd(await store.open(blob, { signal: innerSignal, reusesBuffers: true }));
      return [];
    } catch (error) {
      return [damagedWarning(error)];
    }
  });
  return found.flat();
}

/** @throws the error itself when it tells of no blob of the store that can be pulled again */
export function damagedWarning(error: unknown): Warning {
  const code = error instanceof PaletteEdgeError ? codes.get(error.code) : undefined;
  if (!(error instanceof Error) || code === undefined) throw error;
  return { code, message: `${error.message}; it is pulled again` };
}

async function readToEnd(content: AsyncIterable<Uint8Array>): Promise<void> {
  const iterator = content[Symbol.asyncIterator]();
  while ((await iterator.next()).done !== true);
}
