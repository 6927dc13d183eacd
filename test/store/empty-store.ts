import { join } from 'node:path';

import { digestHex } from '../../src/oci/digest.ts';
import { BlobStore } from '../../src/store/blob-store.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { identityOf, inPieces, mebibyte, seededBytes } from './seeded-blob.ts';

/** The content of {@link blob}. */
export const bytes = seededBytes({ seed: 1, size: 3 * mebibyte + 5 });

/** The blob that is taken in. */
export const blob = identityOf(bytes);

/** A source that nobody may ask. */
export const never = async (): Promise<never> => {
  throw await Promise.resolve(new Error('opened for nothing'));
};

/** Opens a store without blobs, which tells where {@link blob} will be, and where it is taken in. */
export async function emptyStore() {
  const store = await BlobStore.open(join(await temporaryFolder(), 'store'));
  const file = join(store.folder, 'blobs/sha256', digestHex(blob.digest));
  return { store, file, ingest: join(store.folder, 'ingest') };
}

/** The content from a position on, in pieces. */
export async function from(content: Uint8Array, start: number): Promise<AsyncIterable<Uint8Array>> {
  return await Promise.resolve(inPieces(content.subarray(start)));
}

/** A source that gives the blob up to a position and then fails. */
export function cutAfter(end: number, error: Error = new Error('cut')) {
  async function* source(start: number) {
    yield* inPieces(bytes.subarray(start, end));
    throw error;
  }
  return async (start: number) => await Promise.resolve(source(start));
}
