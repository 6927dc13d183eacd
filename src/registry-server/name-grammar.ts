import { PaletteEdgeError } from '../errors.ts';
import { isDigest, parseDigest } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import { refusal } from './api-error.ts';

const repositoryPattern =
  /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const tagPattern = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;
/** Clients take no longer ones (distribution-spec 1.1, "Pulling manifests", implementers note). */
const maximumRepositoryLength = 255;

/** Whether the text is a `<name>` of distribution-spec 1.1, "Pulling manifests". */
export function isRepositoryName(text: string): boolean {
  return text.length <= maximumRepositoryLength && repositoryPattern.test(text);
}

/** Whether the text is a tag (distribution-spec 1.1, "Pulling manifests"). */
export function isTag(text: string): boolean {
  return tagPattern.test(text);
}

/**
 * The digest in a request that looks for content, or undefined for one of another algorithm: a correct digest, and
 * nothing that is ever here.
 *
 * @throws ApiError 400 `DIGEST_INVALID`
 */
export function soughtDigest(text: string): Digest | undefined {
  try {
    return parseDigest(text, 'the request');
  } catch (error) {
    if (!(error instanceof PaletteEdgeError)) throw error;
    if (error.code === 'DIGEST_UNSUPPORTED') return undefined;
    throw refusal(400, 'DIGEST_INVALID', error.message);
  }
}

/**
 * The digest in a request that pushes content.
 *
 * @throws ApiError 400 `DIGEST_INVALID`, for other algorithms too (distribution-spec 1.1, "Pushing blobs")
 */
export function pushedDigest(text: string | null): Digest {
  if (text !== null && isDigest(text)) return text;
  throw refusal(400, 'DIGEST_INVALID', 'expected a digest: sha256: and 64 lower-case hex digits');
}
