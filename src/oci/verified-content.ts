import { createHash } from 'node:crypto';

import { PaletteEdgeError } from '../errors.ts';
import type { BlobIdentity } from './descriptor.ts';
import { toDigest } from './digest.ts';
import type { Digest } from './digest.ts';

/** A blob whose size may be known to nobody. */
interface ExpectedBlob {
  readonly digest: Digest;
  /** Bytes; undefined takes any number. */
  readonly size: number | undefined;
}

/**
 * Passes content through and throws *instead of* ending when it is not the blob: end reached means verified.
 *
 * @param side which side is read, for the message: `reading from ghcr.io/org/app`
 * @throws PaletteEdgeError `SIZE_MISMATCH` or `DIGEST_MISMATCH` (kind content)
 */
export async function* verifiedContent(
  { digest, size: expected }: ExpectedBlob,
  content: AsyncIterable<Uint8Array>,
  side: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const bytes of content) {
    size += bytes.length;
    if (expected !== undefined && size > expected)
      throw sizeMismatch({ digest, size: expected }, `more than ${expected}`, side);
    hash.update(bytes);
    yield bytes;
  }
  if (expected !== undefined && size !== expected)
    throw sizeMismatch({ digest, size: expected }, String(size), side);
  const received = toDigest(hash.digest('hex'));
  if (received !== digest) throw digestMismatch({ digest, size }, received, side);
}

/** The error for a blob whose length is not what its descriptor says. */
export function sizeMismatch(blob: BlobIdentity, received: string, side: string): PaletteEdgeError {
  return new PaletteEdgeError(
    'SIZE_MISMATCH',
    `${side}: ${blob.digest} has the wrong size: expected ${blob.size} bytes, received ${received}`,
    { kind: 'content' },
  );
}

/** The error for a blob whose bytes do not hash to its digest. */
export function digestMismatch(blob: BlobIdentity, received: string, side: string): PaletteEdgeError {
  return new PaletteEdgeError(
    'DIGEST_MISMATCH',
    `${side}: content does not match its digest: expected ${blob.digest}, received ${received}`,
    { kind: 'content' },
  );
}
