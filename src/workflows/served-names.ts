import { formatRepository } from '../oci/reference.ts';
import type { Reference } from '../oci/reference.ts';

/** A repository as references name it. */
export type NamedRepository = Pick<Reference, 'registry' | 'repository'>;

/** Under which names repositories are served. */
export interface ServedNames {
  /** Names without the registry, each with the full name that it stands for. */
  readonly short: ReadonlyMap<string, string>;
  /** Names without the registry that stand for nothing, with the full names that they could stand for, sorted. */
  readonly ambiguous: ReadonlyMap<string, readonly string[]>;
}

/**
 * The full name under which a repository is served: its registry is the first part of the path, as mirrors with a path have
 * it.
 */
export function servedName({ registry, repository }: NamedRepository): string {
  return `${servedRegistry(registry)}/${repository}`;
}

/**
 * A registry as a part of a path, which has no colon (distribution-spec 1.1, "Pulling manifests"): `localhost:5000` becomes
 * `localhost-5000`.
 */
export function servedRegistry(registry: string): string {
  return registry.replaceAll(/[^a-z0-9.-]+/g, '-').replaceAll(/^-+|-+$/g, '');
}

/**
 * The names without a registry: one that repositories of several registries want stands for none of them, and one that is
 * the full name of something stays that.
 */
export function shortNames(repositories: readonly NamedRepository[]): ServedNames {
  const unique = new Map(repositories.map((repository) => [formatRepository(repository), repository]));
  const full = new Set(repositories.map(servedName));
  const short = new Map<string, string>();
  const ambiguous = new Map<string, readonly string[]>();
  for (const [name, sharers] of Map.groupBy(unique.values(), ({ repository }) => repository)) {
    const candidates = [...new Set([...sharers.map(servedName), ...(full.has(name) ? [name] : [])])];
    const [only] = candidates;
    if (candidates.length > 1) ambiguous.set(name, candidates.toSorted());
    else if (only !== undefined) short.set(name, only);
  }
  return { short, ambiguous };
}
