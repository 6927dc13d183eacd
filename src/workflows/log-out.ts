import type { CredentialSource } from '../registry/credentials.ts';
import { eraseLogin } from '../registry/credential-store.ts';
import type { CredentialStoreOptions } from '../registry/credential-store.ts';
import { parseRegistryHost } from './registry-host.ts';

/** What a logout works with. */
export interface LogoutResources {
  readonly store: CredentialStoreOptions;
  /** Everything that a build would ask. */
  readonly credentials: CredentialSource;
}

/** What there was to forget. */
export interface LogoutResult {
  readonly registry: string;
  readonly wasLoggedIn: boolean;
  /** The Docker config. */
  readonly path: string;
  /** Where credentials for the registry are all the same, out of reach of the logout; null when nowhere. */
  readonly remaining: string | null;
}

/**
 * Forgets the login to a registry.
 *
 * @throws PaletteEdgeError of kind usage, `CREDENTIAL_HELPER_FAILED`, or kind disk
 */
export async function logOut(
  host: string,
  { store, credentials }: LogoutResources,
  signal: AbortSignal,
): Promise<LogoutResult> {
  const registry = parseRegistryHost(host);
  const erased = await eraseLogin(registry, { ...store, signal });
  const remaining = await credentials.find(registry, '', signal);
  return {
    registry,
    wasLoggedIn: erased !== undefined,
    path: store.path,
    remaining: remaining?.origin ?? null,
  };
}
