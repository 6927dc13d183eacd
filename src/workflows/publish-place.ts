import { PaletteEdgeError } from '../errors.ts';
import { isS3Url, parseS3Url } from '../object-store/s3-place.ts';
import type { S3Place } from '../object-store/s3-place.ts';
import { formatReference, hasImplicitTag, isTag, parseReference } from '../oci/reference.ts';
import type { Reference } from '../oci/reference.ts';

/** Where bundles are published. */
export type PublishPlace =
  | { readonly kind: 's3'; readonly place: S3Place }
  | {
      readonly kind: 'registry';
      readonly repository: Pick<Reference, 'registry' | 'repository'>;
      readonly tag: string | undefined;
    };

const longestTag = 128;

/**
 * Reads `s3://BUCKET[/PREFIX]` or `oci://REGISTRY/REPOSITORY[:TAG]`.
 *
 * @throws PaletteEdgeError `PUBLISH_URL_INVALID`, `S3_URL_INVALID`, `REFERENCE_INVALID` (kind usage)
 */
export function parsePublishPlace(text: string): PublishPlace {
  if (isS3Url(text)) return { kind: 's3', place: parseS3Url(text) };
  if (!/^oci:\/\//i.test(text))
    throw invalid(text.includes('@') ? 'it' : JSON.stringify(text), 'begins with neither s3:// nor oci://');
  const bare = text.replace(/^oci:\/\//i, '');
  const { registry, repository, tag, digest } = parseReference(bare);
  if (digest !== undefined)
    throw invalid(JSON.stringify(text), 'has a digest; bundles are published under tags');
  // Of oci://edge/core nobody could tell whether it is on Docker Hub.
  if (!bare.startsWith(`${registry}/`)) throw invalid(JSON.stringify(text), 'does not name a registry');
  return {
    kind: 'registry',
    repository: { registry, repository },
    tag: hasImplicitTag(bare) ? undefined : tag,
  };
}

/** The URL of a place in a registry, for messages and for people. */
export function formatRegistryUrl(reference: Reference): string {
  return `oci://${formatReference(reference)}`;
}

/** The tag of a bundle that is published without one: its file name without `.tar.zst`, as far as tags can have it. */
export function tagOf(bundle: string): string {
  const tag = bundle
    .replace(/\.tar\.zst(?=\.age$|$)/, '')
    .replaceAll(/[^\w.-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, longestTag);
  return isTag(tag) ? tag : 'bundle';
}

function invalid(what: string, reason: string): PaletteEdgeError {
  return new PaletteEdgeError('PUBLISH_URL_INVALID', `${what} ${reason}`, {
    kind: 'usage',
    suggestions: ['Expected s3://BUCKET/PREFIX or oci://REGISTRY/REPOSITORY[:TAG].'],
  });
}
