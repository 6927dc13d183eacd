import type { BlobReader } from '../oci/blob-access.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import type { TarSection } from './tar-behind-head.ts';
import { blobHeader, paddingFor, tarEnd } from './tar-layout.ts';

/** From one byte to another: `end` is the one behind the last. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** A stretch of a blob. */
export interface BlobStretch extends Stretch {
  readonly blob: BlobIdentity;
}

/** What a stretch of a section's tar consists of, in order: bytes of the tar itself, and stretches of blobs. */
export function* stretchesOf(
  { blobs, isLast }: TarSection,
  { start, end }: Stretch,
): Generator<Uint8Array | BlobStretch, void, undefined> {
  let position = 0;
  const own = (bytes: Uint8Array): Uint8Array => {
    const part = bytes.subarray(Math.max(0, start - position), Math.max(0, end - position));
    position += bytes.length;
    return part;
  };
  for (const blob of blobs) {
    if (position >= end) return;
    yield own(blobHeader(blob));
    const from = Math.max(0, start - position);
    const to = Math.min(blob.size, end - position);
    // An empty one is opened as well: its digest has to be right.
    if (from < to || (blob.size === 0 && position >= start && position < end))
      yield { blob, start: from, end: to };
    position += blob.size;
    yield own(paddingFor(blob.size));
  }
  if (isLast) yield own(tarEnd());
}

/** Reads a stretch of a blob from the blob's beginning, so that it is verified where the stretch goes to its end. */
export async function* readStretch(
  blobs: BlobReader,
  { blob, start, end }: BlobStretch,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  let position = 0;
  for await (const piece of await blobs.open(blob, { signal, reusesBuffers: true })) {
    const part = piece.subarray(Math.max(0, start - position), Math.max(0, end - position));
    position += piece.length;
    if (part.length > 0) yield part;
    if (position >= end && end < blob.size) return;
  }
}
