import { createHash } from 'node:crypto';

import { PaletteEdgeError } from '../errors.ts';
import type { BlobIdentity } from './descriptor.ts';
import { toDigest } from './digest.ts';

/**
 * Passes content through and throws *instead of* ending when it is not the blob: end reached means verified.
 *
 * @param side which side is read, for the message: `reading from ghcr.io/org/app`
 * @throws PaletteEdgeError `SIZE_MISMATCH` or `DIGEST_MISMATCH` (kind content)
 */
export async function* verifiedContent(
  blob: BlobIdentity,
  content: AsyncIterable<Uint8Array>,
  side: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const bytes of content) {
    size += bytes.length;
    if (size > blob.size) throw sizeMismatch(blob, `more than ${blob.size}`, side);
    hash.update(bytes);
    yield bytes;
  }
  if (size !== blob.size) throw sizeMismatch(blob, String(size), side);
  const received = toDigest(hash.digest('hex'));
  if (received !== blob.digest) throw digestMismatch(blob, received, side);
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
