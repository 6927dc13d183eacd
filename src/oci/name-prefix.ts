/** Names a registry or a part of it: `docker.io`, `ghcr.io/org/team`. */
export interface NamePrefix {
  /** As in a reference: `docker.io`, `localhost:5000`, `[::1]:5000`. */
  readonly registry: string;
  /** Whole components of a repository's name; empty for all of the registry. */
  readonly path: string;
}

interface RepositoryName {
  readonly registry: string;
  readonly repository: string;
}

/**
 * What of a repository's name is behind the prefix, in whole components: `team/app` of `ghcr.io/org/team/app` for
 * `ghcr.io/org`.
 *
 * @returns empty when the prefix is the whole name, undefined when the repository is not below it
 */
export function restBehind({ registry, repository }: RepositoryName, prefix: NamePrefix): string | undefined {
  if (registry !== prefix.registry) return undefined;
  if (prefix.path === '') return repository;
  if (repository === prefix.path) return '';
  return repository.startsWith(`${prefix.path}/`) ? repository.slice(prefix.path.length + 1) : undefined;
}

/** The name of a repository below a path; on Docker Hub with the `library/` that is implied. */
export function repositoryBelow({ registry, path }: NamePrefix, rest: string): string {
  const repository = [path, rest].filter((part) => part !== '').join('/');
  return registry === 'docker.io' && !repository.includes('/') ? `library/${repository}` : repository;
}
