import type { BundleReader } from '../bundle/bundle-reader.ts';
import type { Digest } from '../oci/digest.ts';
import type { FoundBlob } from './base-place.ts';

/** RFC 1952, 2.3.1: the last four bytes of gzip are the size of what is in it, modulo 2^32. */
const sizeBytes = 4;

/** Bytes that a layer of a bundle decompresses to. Of gzip, as far as its end tells: a hint. */
export async function plainSizeIn(reader: BundleReader, digest: Digest): Promise<number> {
  const size = (await reader.sizeOf(digest)) ?? 0;
  const known = reader.plainIdentityOf(digest)?.size;
  if (known !== undefined || size < sizeBytes) return known ?? 0;
  const end = await reader.copy({ digest, size }, { start: size - sizeBytes });
  return Math.max(size, Buffer.from(end).readUInt32LE());
}

/** As {@link plainSizeIn}; nothing of what has no size where it is. */
export async function plainSizeElsewhere(
  { size, open }: FoundBlob,
  digest: Digest,
  signal: AbortSignal,
): Promise<number> {
  if (size === undefined || size < sizeBytes) return 0;
  const pieces: Uint8Array[] = [];
  const content = await open({ digest, size }, { range: { start: size - sizeBytes }, signal });
  for await (const piece of content) pieces.push(piece);
  return Math.max(size, Buffer.concat(pieces).readUInt32LE());
}
