import type { Digest } from '../oci/digest.ts';
import { formatRepository, parseReference } from '../oci/reference.ts';
import { packageUrl } from './packages/package-url.ts';

/**
 * The package URL of an image or another artifact of a registry (purl-spec, definition of oci).
 *
 * @param reference in full
 * @param platform of the image of one platform
 */
export function artifactPurl(reference: string, digest: Digest, platform?: string): string {
  const parsed = parseReference(reference);
  const name = parsed.repository.slice(parsed.repository.lastIndexOf('/') + 1);
  return packageUrl({
    type: 'oci',
    name,
    version: digest,
    qualifiers: {
      repository_url: formatRepository(parsed),
      tag: platform === undefined ? parsed.tag : undefined,
      arch: platform?.split('/')[1],
    },
  });
}
