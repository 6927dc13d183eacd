import { createHash } from 'node:crypto';

import { PaletteEdgeError } from '../errors.ts';

/** A `sha256:<64 hex>` digest that has been checked by {@link parseDigest}. */
export type Digest = string & { readonly __brand: 'Digest' };

const sha256Pattern = /^sha256:[0-9a-f]{64}$/;

/** Whether the text is a digest this tool works with: sha256 in lower-case hex. */
export function isDigest(text: string): text is Digest {
  return sha256Pattern.test(text);
}

/**
 * Reads a digest (image-spec, descriptor.md#digests).
 *
 * @param place where it was found, for the message
 * @throws PaletteEdgeError `DIGEST_UNSUPPORTED` for another algorithm, `DIGEST_INVALID` for anything else
 */
export function parseDigest(text: string, place: string): Digest {
  if (isDigest(text)) return text;
  const algorithm = digestAlgorithm(text);
  if (algorithm !== undefined && algorithm !== 'sha256') {
    throw new PaletteEdgeError(
      'DIGEST_UNSUPPORTED',
      `${place}: the digest algorithm ${algorithm} is not supported`,
      {
        kind: 'usage',
        suggestions: ['Only sha256 digests can be bundled: push the image again with sha256 digests.'],
      },
    );
  }
  throw new PaletteEdgeError(
    'DIGEST_INVALID',
    `${place}: ${JSON.stringify(text.slice(0, 100))} is no digest; expected sha256: and 64 lower-case hex digits`,
    { kind: 'usage' },
  );
}

/** The algorithm of a digest of any kind (image-spec, descriptor.md#digests), or undefined when the text is none. */
export function digestAlgorithm(text: string): string | undefined {
  return /^([a-z0-9]+(?:[.+_-][a-z0-9]+)*):[A-Za-z0-9=_-]+$/.exec(text)?.[1];
}

/** The digest of bytes in memory. */
export function digestOf(bytes: Uint8Array | string): Digest {
  return toDigest(createHash('sha256').update(bytes).digest('hex'));
}

/** Makes a digest of the 64 hex digits that a sha256 computation gave. */
export function toDigest(hex: string): Digest {
  const text = `sha256:${hex}`;
  if (!isDigest(text)) throw new TypeError(`not a sha256 in hex: ${hex}`);
  return text;
}

/** The 64 hex digits of a digest, as used in file names. */
export function digestHex(digest: Digest): string {
  return digest.slice('sha256:'.length);
}
