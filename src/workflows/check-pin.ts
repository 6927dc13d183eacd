import type { ChartRepositories } from '../chart/chart-repositories.ts';
import { PaletteEdgeError } from '../errors.ts';
import type { Digest } from '../oci/digest.ts';
import type { Reference } from '../oci/reference.ts';
import type { RegistryClient } from '../registry/registry-client.ts';

/** Who is asked, and until when. */
export interface CheckOptions {
  readonly registry: RegistryClient;
  readonly repositories: ChartRepositories;
  readonly signal: AbortSignal;
}

/** What there is now in place of what is pinned. */
export interface OtherPin {
  /** Undefined when there is nothing. */
  readonly current: Digest | undefined;
  /** Whether what is pinned can still be pulled. */
  readonly isStillThere: boolean;
}

/**
 * Asks a registry what a tag stands for now, and whether a digest is still there.
 *
 * @param reference without a tag only the digest is asked for
 * @returns undefined when all is as it was
 * @throws PaletteEdgeError as the registry does
 */
export async function checkPin(
  { registry, repository, tag }: Reference,
  digest: Digest,
  options: CheckOptions,
): Promise<OtherPin | undefined> {
  const current = tag === undefined ? undefined : await digestNow({ registry, repository, tag }, options);
  if (current === digest) return undefined;
  const isStillThere = (await digestNow({ registry, repository, digest }, options)) === digest;
  return tag === undefined && isStillThere ? undefined : { current, isStillThere };
}

/** @returns undefined when the registry does not have it */
async function digestNow(
  reference: Parameters<RegistryClient['resolve']>[0],
  { registry, signal }: CheckOptions,
): Promise<Digest | undefined> {
  try {
    return (await registry.resolve(reference, signal)).digest;
  } catch (error) {
    if (error instanceof PaletteEdgeError && error.code === 'IMAGE_NOT_FOUND') return undefined;
    throw error;
  }
}
