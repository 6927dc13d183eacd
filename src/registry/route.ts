import { repositoryBelow, restBehind } from '../oci/name-prefix.ts';
import type { NamePrefix } from '../oci/name-prefix.ts';
import { placeKey, withoutDefaultPort } from './repository-name.ts';
import type { RepositoryName } from './repository-name.ts';

/** What is below one prefix is also below another one. */
export interface PrefixMirror {
  readonly original: NamePrefix;
  readonly mirror: NamePrefix;
}

/** The address of a registry that mirrors another one. */
export interface MirrorEndpoint {
  /** Its host, as in a reference. */
  readonly registry: string;
  /** As in {@link MirrorAccess}. */
  readonly apiRoot?: string;
  /** Put before the names of repositories; empty for none. */
  readonly path: string;
}

/** A change of a repository's name. */
export interface NameRewrite {
  readonly pattern: RegExp;
  /** As the second argument of `String.replace`. */
  readonly replacement: string;
}

/** What mirrors a registry. */
export interface RegistryMirrors {
  /** In the order in which they are tried. */
  readonly endpoints: readonly MirrorEndpoint[];
  /** The first one that changes a name is the only one that does, as in k3s. */
  readonly rewrites: readonly NameRewrite[];
}

/** What the user said about mirrors. */
export interface Mirrors {
  readonly prefixes: readonly PrefixMirror[];
  /** By registry, without the port 443; `*` for those that are not listed. */
  readonly registries: ReadonlyMap<string, RegistryMirrors>;
}

/** Everything comes from the registry that its name says. */
export const noMirrors: Mirrors = { prefixes: [], registries: new Map() };

const repositoryName = /^[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*$/;
const maximumNameLength = 255;

/**
 * Where to ask for what is in a repository, in this order: mirrors of the longest prefix first, mirrors of the registry,
 * and at last the repository itself, which alone has no `mirror`. A place that comes up twice is asked once, and names that
 * no repository can have are left out.
 */
export function routesOf(original: RepositoryName, mirrors: Mirrors): readonly RepositoryName[] {
  const routes = new Map<string, RepositoryName>();
  const candidates = [...prefixRoutes(original, mirrors), ...registryRoutes(original, mirrors), original];
  for (const candidate of candidates) {
    const place = placeKey(candidate);
    if (isRepositoryName(candidate.repository) || candidate === original)
      routes.set(place, candidate === original ? original : (routes.get(place) ?? candidate));
  }
  return [...routes.values()];
}

/** The hosts that may be asked before a registry, for messages. */
export function mirrorHosts(registry: string, mirrors: Mirrors): string[] {
  const prefixes = mirrors.prefixes.filter(({ original }) => original.registry === registry);
  const hosts = [
    ...prefixes.map(({ mirror }) => mirror.registry),
    ...mirrorsOfRegistry(registry, mirrors).endpoints.map((endpoint) => endpoint.registry),
  ];
  return [...new Set(hosts)].filter((host) => host !== registry);
}

/** Both are prefixes of one name, so the longer text is also the one with more components. */
function prefixRoutes(original: RepositoryName, { prefixes }: Mirrors): RepositoryName[] {
  return prefixes
    .map((prefix) => ({ ...prefix, rest: restBehind(original, prefix.original) }))
    .filter((prefix): prefix is typeof prefix & { readonly rest: string } => prefix.rest !== undefined)
    .toSorted((left, right) => right.original.path.length - left.original.path.length)
    .map(({ mirror, rest }) => route(original.registry, mirror, rest));
}

function registryRoutes({ registry, repository }: RepositoryName, mirrors: Mirrors): RepositoryName[] {
  const { endpoints, rewrites } = mirrorsOfRegistry(registry, mirrors);
  const name = rewrite(repository, rewrites);
  return endpoints.map((endpoint) => route(registry, endpoint, name));
}

function mirrorsOfRegistry(registry: string, { registries }: Mirrors): RegistryMirrors {
  return (
    registries.get(withoutDefaultPort(registry)) ?? registries.get('*') ?? { endpoints: [], rewrites: [] }
  );
}

function route(namespace: string, endpoint: MirrorEndpoint, name: string): RepositoryName {
  const { registry, apiRoot } = endpoint;
  return { registry, repository: repositoryBelow(endpoint, name), mirror: { namespace, apiRoot } };
}

function rewrite(name: string, rewrites: readonly NameRewrite[]): string {
  for (const { pattern, replacement } of rewrites) {
    const changed = name.replaceAll(pattern, replacement);
    if (changed !== name) return changed;
  }
  return name;
}

function isRepositoryName(text: string): boolean {
  return text.length <= maximumNameLength && repositoryName.test(text);
}
