import { encodeTarHeader, tarPadding } from '../io/tar-header.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import { blobPath } from './oci-documents.ts';

/** A file of the head with its content. */
export interface HeadEntry {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** The end of a tar: two blocks of zeros (POSIX.1-2017, pax, "ustar Interchange Format"). No padding to records. */
const tarEndSize = 1024;

const zeros = Buffer.alloc(tarEndSize);

/** The tar entries of the head, each with header and padding: the content of a bundle's first frame. */
export function encodeHead(entries: readonly HeadEntry[]): Buffer {
  return Buffer.concat(
    entries.flatMap(({ path, bytes }) => [
      encodeTarHeader({ name: path, size: bytes.length }),
      bytes,
      paddingFor(bytes.length),
    ]),
  );
}

/** The tar header of a blob's entry. */
export function blobHeader({ digest, size }: BlobIdentity): Buffer {
  return encodeTarHeader({ name: blobPath(digest), size });
}

/** The zeros behind content of this size. */
export function paddingFor(size: number): Buffer {
  return zeros.subarray(0, tarPadding(size));
}

/** The zeros at the end of the tar. */
export function tarEnd(): Buffer {
  return zeros;
}

/** A blob's place in the tar. */
export interface PlacedBlob {
  readonly blob: BlobIdentity;
  /** Where its content begins, in bytes from the beginning of the tar. */
  readonly position: number;
}

/**
 * Where everything behind the head is: follows from the inventory's blobs and the head's size alone.
 *
 * @returns the blobs in tar order, and the tar's whole size
 */
export function placeBlobs(
  blobs: readonly BlobIdentity[],
  headSize: number,
): { readonly placed: readonly PlacedBlob[]; readonly tarSize: number } {
  let position = headSize;
  const placed = blobs.map((blob) => {
    const content = position + blobHeader(blob).length;
    position = content + blob.size + tarPadding(blob.size);
    return { blob, position: content };
  });
  return { placed, tarSize: position + tarEndSize };
}
