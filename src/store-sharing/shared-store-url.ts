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
  if (/[?#]/.test(text)) throw invalid(text, 'a repository has no query and no fragment');
  const bare = text.replace(/^oci:\/\//i, '').replace(/\/$/, '');
  const { registry, repository } = referenceOf(bare, text);
  if (!hasImplicitTag(bare)) throw invalid(text, 'a shared store is a repository, without tag and digest');
  if (!bare.startsWith(`${registry}/`))
    throw invalid(text, 'expected the registry and a repository of it: oci://registry.example.com/cache');
  return { registry, repository };
}

/** A value of `--store` that names a shared store, for messages: without user, password and query. */
export function shownStoreUrl(text: string): string {
  // In this order: a password may have a question mark.
  return maskUserInfo(text).replace(/[?#].*$/s, '');
}

/** Of several options with references it is told which one is wrong. */
function referenceOf(bare: string, text: string): Reference {
  try {
    return parseReference(bare);
  } catch (error) {
    if (!(error instanceof PaletteEdgeError)) throw error;
    const { code, kind, message, suggestions } = error;
    throw new PaletteEdgeError(code, `--store ${shownStoreUrl(text)}: ${message}`, {
      kind,
      cause: error,
      suggestions: [naming, ...suggestions],
    });
  }
}

const naming = 'Shared stores are named oci://REGISTRY/REPOSITORY or s3://BUCKET/PREFIX.';

function invalid(text: string, reason: string): PaletteEdgeError {
  return new PaletteEdgeError('SHARED_STORE_INVALID', `--store ${shownStoreUrl(text)}: ${reason}`, {
    kind: 'usage',
    suggestions: [naming],
  });
}
