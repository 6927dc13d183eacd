import { createHash } from 'node:crypto';

import type { BlobRange } from '../oci/blob-access.ts';
import { toDigest } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import { digestMismatch, verifiedContent } from '../oci/verified-content.ts';
import type { ContainerRuntime, RuntimeContent } from '../runtime/container-runtime.ts';
import type { BasePlace, FoundBlob } from './base-place.ts';

/**
 * A container runtime that has images of bases, as far as it keeps blobs as registries have them. What it has is asked for once.
 *
 * @returns undefined for one that does not
 */
export function runtimeBase({ place, content }: ContainerRuntime): BasePlace | undefined {
  if (content === undefined) return undefined;
  let asked: Promise<ReadonlySet<string>> | undefined;
  return {
    name: place,
    find: async ({ digest, size }, signal) => {
      const held = await (asked ??= content.held(signal));
      return held.has(digest) ? foundIn({ place, content }, size) : undefined;
    },
  };
}

function foundIn(
  { place, content }: { readonly place: string; readonly content: RuntimeContent },
  size: number | undefined,
): FoundBlob {
  const side = `reading from ${place}`;
  return {
    size,
    open: async (blob, { range, signal = new AbortController().signal }) => {
      const bytes = content.read(blob.digest, signal);
      const whole =
        blob.size === undefined
          ? verifiedByDigest(blob.digest, bytes, side)
          : verifiedContent({ digest: blob.digest, size: blob.size }, bytes, side);
      return await Promise.resolve(range === undefined ? whole : partOf(whole, range));
    },
  };
}

/** As `verifiedContent` does it, where nobody knows how large it is. */
async function* verifiedByDigest(
  digest: Digest,
  content: AsyncIterable<Uint8Array>,
  side: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const bytes of content) {
    size += bytes.length;
    hash.update(bytes);
    yield bytes;
  }
  const received = toDigest(hash.digest('hex'));
  if (received !== digest) throw digestMismatch({ digest, size }, received, side);
}

/** A program prints from the beginning. */
async function* partOf(
  content: AsyncIterable<Uint8Array>,
  { start, end = Number.POSITIVE_INFINITY }: BlobRange,
): AsyncGenerator<Uint8Array, void, undefined> {
  let position = 0;
  for await (const piece of content) {
    const part = piece.subarray(Math.max(0, start - position), Math.max(0, end - position));
    position += piece.length;
    if (part.length > 0) yield part;
    if (position >= end) return;
  }
}
