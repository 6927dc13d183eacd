import { withoutDefaultPort } from './repository-name.ts';

const hubHosts: ReadonlySet<string> = new Set(['index.docker.io', 'registry-1.docker.io', 'docker.io']);

/**
 * Brings a key of a credentials file into one form, `host` or `host/path`: without scheme, without the port 443, without
 * the `/v1/` or `/v2/` of old Docker clients, with Docker Hub's aliases folded into `docker.io`.
 */
export function normaliseCredentialKey(key: string): string {
  const bare = key
    .trim()
    .replace(/^https?:\/\//i, '')
    .replace(/\/+$/, '')
    .replace(/\/v[12]$/, '');
  const slash = bare.indexOf('/');
  const host = withoutDefaultPort((slash === -1 ? bare : bare.slice(0, slash)).toLowerCase());
  const path = slash === -1 ? '' : bare.slice(slash);
  return `${hubHosts.has(host) ? 'docker.io' : host}${path}`;
}

/**
 * Finds the credential of a repository: `host/org/app` before `host/org` before `host`. Whole path components only, so
 * that a registry never gets the credentials of one whose name merely begins alike.
 *
 * @param credentials by {@link normaliseCredentialKey}
 */
export function lookUpCredential<T>(
  credentials: ReadonlyMap<string, T>,
  registry: string,
  repository: string,
): T | undefined {
  const components = [normaliseCredentialKey(registry), ...repository.split('/')];
  for (let length = components.length; length > 0; length -= 1) {
    const found = credentials.get(components.slice(0, length).join('/'));
    if (found !== undefined) return found;
  }
  return undefined;
}
