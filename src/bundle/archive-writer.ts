import { encodeTarHeader } from '../io/tar-header.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import { blobPath } from './oci-documents.ts';
import { encodeHead, paddingFor, tarEnd } from './tar-layout.ts';
import type { HeadEntry } from './tar-layout.ts';

/** A blob of an archive, while it is its turn. */
export interface ArchiveBlob {
  readonly blob: BlobIdentity;
  /** Verified. */
  readonly content: AsyncIterable<Uint8Array>;
}

/**
 * A tar of documents and blobs, as `oci-archive` and `docker-archive` are, piece by piece. Owner, mode and time of its entries are those
 * of a bundle's: the same content gives the same bytes.
 *
 * @param blobs each is verified when it is read; a wrong one ends the iteration with an error, in the middle of the tar
 */
export async function* archiveContent(
  documents: readonly HeadEntry[],
  blobs: AsyncIterable<ArchiveBlob>,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield encodeHead(documents);
  for await (const { blob, content } of blobs) {
    yield encodeTarHeader({ name: blobPath(blob.digest), size: blob.size });
    yield* content;
    yield paddingFor(blob.size);
  }
  yield tarEnd();
}
