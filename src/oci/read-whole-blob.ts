import type { BlobReader } from './blob-access.ts';
import type { BlobIdentity } from './descriptor.ts';

/** Reads a whole blob into memory, verified. Only for those whose size is capped: manifests and configs. */
export async function readWholeBlob(
  blobs: BlobReader,
  blob: BlobIdentity,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const bytes of await blobs.open(blob, { signal })) pieces.push(bytes);
  return Buffer.concat(pieces);
}
