import type { HttpClient } from '../http/http-client.ts';
import { formatRepository } from '../oci/reference.ts';
import type { Reference } from '../oci/reference.ts';
import type { MirrorHealth } from './mirror-health.ts';

/** A repository of a registry, and how to reach it when it is asked in place of another one. */
export interface RepositoryName extends Pick<Reference, 'registry' | 'repository'> {
  readonly mirror?: MirrorAccess;
}

/** What tells hosts apart: one registry may be asked at several, with either scheme. */
export type RegistryHost = Pick<RepositoryName, 'registry' | 'mirror'>;

/** How a mirror is asked. */
interface MirrorAccess {
  /** The registry it stands in for, told in the parameter `ns`: some mirrors serve several, as containerd asks them. */
  readonly namespace: string;
  /** The root URL of its API, as `https://mirror.corp/v2`; undefined where any other registry has it. */
  readonly apiRoot?: string;
  /** Told of failures. */
  readonly health?: MirrorHealth;
}

const hubHosts: ReadonlySet<string> = new Set(['index.docker.io', 'registry-1.docker.io']);

/** The name that a registry goes by in references: Docker Hub has several hosts. */
export function registryOfHost(host: string): string {
  return hubHosts.has(host) ? 'docker.io' : host;
}

/** A host without the port that HTTPS has anyway: `mirror.corp` for `mirror.corp:443`. */
export function withoutDefaultPort(host: string): string {
  return host.replace(/:443$/, '');
}

/** The root URL of a registry's host. Docker Hub's API is not at the name it goes by. */
function apiUrl(http: HttpClient, registry: string): URL {
  return http.baseUrl(registry === 'docker.io' ? 'registry-1.docker.io' : registry);
}

/** The root URL of the API that has a repository, with `/` at its end: `https://ghcr.io/v2/`. */
export function apiRootUrl(http: HttpClient, { registry, mirror }: RegistryHost): URL {
  if (mirror?.apiRoot !== undefined) return new URL(`${mirror.apiRoot}/`);
  return new URL('/v2/', apiUrl(http, registry));
}

/** The origin that is asked for a registry, by which limits and failures are remembered: `https://ghcr.io`. */
export function registryOrigin(http: HttpClient, host: RegistryHost): string {
  return apiRootUrl(http, host).origin;
}

/** Tells repositories apart, those of one name at several roots of an API as well. */
export function placeKey(name: RepositoryName): string {
  return `${name.mirror?.apiRoot ?? ''} ${formatRepository(name)}`;
}

/**
 * The URL of something in a repository (distribution-spec, endpoints).
 *
 * @param path below the repository, with its query if it has one: `manifests/latest`
 */
export function repositoryUrl(http: HttpClient, name: RepositoryName, path: string): URL {
  const url = new URL(`${name.repository}/${path}`, apiRootUrl(http, name));
  // https://github.com/containerd/containerd/blob/main/docs/hosts.md, "Registry Host Namespace".
  if (name.mirror !== undefined && name.mirror.namespace !== name.registry)
    url.searchParams.set('ns', name.mirror.namespace);
  return url;
}
