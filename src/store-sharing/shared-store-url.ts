import { PaletteEdgeError } from '../errors.ts';
import { hasImplicitTag, maskUserInfo, parseReference } from '../oci/reference.ts';
import type { Reference } from '../oci/reference.ts';

/** Whether a value of `--store` names a shared store, and not a folder of this machine. */
export function isSharedStoreUrl(text: string): boolean {
  return /^(?:oci|s3):\/\//i.test(text);
}

/** A repository that blobs are shared in. */
export type SharedRepository = Pick<Reference, 'registry' | 'repository'>;

/**
 * Reads `oci://registry/repository`. The registry is always named: of `oci://cache/blobs` nobody could tell whether it is on
 * Docker Hub.
 *
 * @throws PaletteEdgeError `SHARED_STORE_INVALID` or `REFERENCE_INVALID` (kind usage)
 */
export function parseSharedRepository(text: string): SharedRepository {
  const bare = text.replace(/^oci:\/\//i, '');
  const reference = parseReference(bare);
  const { registry, repository } = reference;
  if (!hasImplicitTag(bare)) throw invalid(text, 'a shared store is a repository, without tag and digest');
  if (!bare.startsWith(`${registry}/`))
    throw invalid(text, 'expected the registry and a repository of it: oci://registry.example.com/cache');
  return { registry, repository };
}

function invalid(text: string, reason: string): PaletteEdgeError {
  return new PaletteEdgeError('SHARED_STORE_INVALID', `--store ${maskUserInfo(text)}: ${reason}`, {
    kind: 'usage',
    suggestions: ['Shared stores are named oci://REGISTRY/REPOSITORY or s3://BUCKET/PREFIX.'],
  });
}
