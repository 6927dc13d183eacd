import { createHash } from 'node:crypto';

import type { BlobIdentity } from '../../src/oci/descriptor.ts';
import { digestOf } from '../../src/oci/digest.ts';

export const mebibyte = 1024 * 1024;

/** What makes a blob in any process: bytes that look random, the same for the same seed and size. */
export interface SeededBlob {
  readonly seed: number;
  readonly size: number;
}

export function seededBytes({ seed, size }: SeededBlob): Buffer {
  if (size === 0) return Buffer.alloc(0);
  return createHash('shake256', { outputLength: size }).update(`blob ${seed}`).digest();
}

export function identityOf(bytes: Uint8Array): BlobIdentity {
  return { digest: digestOf(bytes), size: bytes.length };
}

/** Gives bytes in pieces, as a network would. */
export async function* inPieces(bytes: Uint8Array, pieceSize = 65_536): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += pieceSize) {
    yield await Promise.resolve(bytes.subarray(start, start + pieceSize));
  }
}

/** All bytes of an opened blob; its pieces are kept until the end, which a reader that reuses buffers would not survive. */
export async function allBytes(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of content) pieces.push(piece);
  return Buffer.concat(pieces);
}
