import type { HttpClient } from '../http/http-client.ts';
import type { Reference } from '../oci/reference.ts';

/** A repository of a registry. */
export type RepositoryName = Pick<Reference, 'registry' | 'repository'>;

/** The root URL of a registry's API. Docker Hub's is not at the name it goes by. */
export function apiUrl(http: HttpClient, registry: string): URL {
  return http.baseUrl(registry === 'docker.io' ? 'registry-1.docker.io' : registry);
}
