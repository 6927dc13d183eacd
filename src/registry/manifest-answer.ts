import type { HttpResponse } from '../http/http-response.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { digestOf, isDigest } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import { manifestMediaType, maximumManifestSize } from '../oci/manifest.ts';
import { acceptedManifestTypes } from '../oci/media-types.ts';
import { digestMismatch, sizeMismatch } from '../oci/verified-content.ts';

/** Which manifest of a repository. */
export type ManifestTarget = { readonly digest: Digest; readonly size?: number } | { readonly tag: string };

/** A manifest as the registry has it. */
export interface FetchedManifest {
  readonly descriptor: Descriptor;
  /** Verbatim: never serialised again. */
  readonly bytes: Uint8Array;
}

/** Always all four: docker-registry answers 404 or converts to schema 1 when one is missing. */
export const acceptManifests = acceptedManifestTypes.join(', ');

/**
 * Reads the descriptor off the answer to a HEAD request.
 *
 * @param wanted the digest that was asked for, if any
 * @returns undefined when a header is missing or odd: then only the body can tell
 * @throws PaletteEdgeError `DIGEST_MISMATCH` when the registry names another digest than the wanted one
 */
export function descriptorOfHead(
  response: HttpResponse,
  wanted: Digest | undefined,
  subject: string,
): Descriptor | undefined {
  const digest = response.headers['docker-content-digest'];
  const size = Number(response.headers['content-length']);
  const mediaType = declaredType(response);
  if (digest === undefined || !isDigest(digest) || response.encoding !== undefined) return undefined;
  if (wanted !== undefined && digest !== wanted) {
    throw digestMismatch({ digest: wanted, size }, digest, `reading ${subject}`);
  }
  if (!Number.isSafeInteger(size) || size <= 0 || !acceptedManifestTypes.includes(mediaType))
    return undefined;
  return { mediaType, digest, size };
}

/**
 * Reads a manifest and checks it against what was asked for.
 *
 * @throws PaletteEdgeError `DIGEST_MISMATCH`, `SIZE_MISMATCH`, `RESPONSE_TOO_LARGE`, `MANIFEST_INVALID` (kind content)
 */
export async function readManifest(
  response: HttpResponse,
  target: ManifestTarget,
  subject: string,
): Promise<FetchedManifest> {
  const bytes = await response.readDecoded(maximumManifestSize);
  const digest = digestOf(bytes);
  const side = `reading ${subject}`;
  const named = response.headers['docker-content-digest'];
  const wanted = 'digest' in target ? target.digest : named;
  if (wanted !== undefined && isDigest(wanted) && wanted !== digest) {
    throw digestMismatch({ digest: wanted, size: bytes.length }, digest, side);
  }
  if ('digest' in target && target.size !== undefined && target.size !== bytes.length) {
    throw sizeMismatch({ digest, size: target.size }, String(bytes.length), side);
  }
  const declared = declaredType(response);
  const mediaType = acceptedManifestTypes.includes(declared)
    ? declared
    : manifestMediaType(bytes, declared, subject);
  return { descriptor: { mediaType, digest, size: bytes.length }, bytes };
}

function declaredType(response: HttpResponse): string {
  return (response.headers['content-type']?.split(';')[0] ?? '').trim().toLowerCase();
}
