import type { BlobReader } from '../oci/blob-access.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import { blobHeader, paddingFor, tarEnd } from './tar-layout.ts';

/** Blobs that follow each other in the tar. */
export interface TarSection {
  readonly blobs: readonly BlobIdentity[];
  /** Whether the end of the tar comes behind them. */
  readonly isLast: boolean;
}

/** A section, and what its blobs are read from. */
export interface TarSource {
  readonly section: TarSection;
  readonly blobs: BlobReader;
  readonly signal: AbortSignal;
}

/** The bytes of a section of the tar: each blob verified, with header and padding. A piece is done with when the next one is asked for. */
export async function* tarBehindHead({
  section,
  blobs,
  signal,
}: TarSource): AsyncGenerator<Uint8Array, void, undefined> {
  for (const blob of section.blobs) {
    signal.throwIfAborted();
    yield blobHeader(blob);
    yield* await blobs.open(blob, { signal, reusesBuffers: true });
    yield paddingFor(blob.size);
  }
  if (section.isLast) yield tarEnd();
}

/** Bytes that {@link tarBehindHead} gives. */
export function sectionSize({ blobs, isLast }: TarSection): number {
  const end = isLast ? tarEnd().length : 0;
  return blobs.reduce((sum, blob) => sum + entrySize(blob), end);
}

function entrySize(blob: BlobIdentity): number {
  return blobHeader(blob).length + blob.size + paddingFor(blob.size).length;
}
