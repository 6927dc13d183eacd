import { defaultRetryPolicy } from '../http/retry-policy.ts';
import type { RetryPolicy } from '../http/retry-policy.ts';
import { RegistryClient } from '../registry/registry-client.ts';
import { RegistryPusher } from '../registry/registry-pusher.ts';
import type { RetryEvent } from '../registry/registry-transport.ts';
import type { SharedStore } from '../store-sharing/shared-store.ts';
import { parseSharedRepository } from '../store-sharing/shared-store-url.ts';
import { sharedRegistry } from '../workflows/shared-store-registry.ts';
import { sharedStoreUrls } from './store-folder.ts';
import type { StoreFlags } from './store-folder.ts';
import type { RegistryWiring } from './wire-registry.ts';

/** What shared stores are reached with. */
export interface SharedStoreParts extends Pick<RegistryWiring, 'http' | 'credentials'> {
  readonly concurrency: number;
  readonly onRetry: (event: RetryEvent) => void;
}

/** Makes the shared stores that were named. */
export type SharedStoreMaker = (parts: SharedStoreParts) => readonly SharedStore[];

/** Little patience: there is another place to ask, and the build goes on without this one. */
const policy: RetryPolicy = {
  ...defaultRetryPolicy,
  attempts: 3,
  outageAttempts: 3,
  maximumDelayMs: 5000,
  maximumRetryAfterMs: 10_000,
  maximumPauseMs: 30_000,
  patienceMs: 60_000,
};

/**
 * Reads what `--store` says of shared stores, before anything is opened for them. Mirrors are not asked in place of them.
 *
 * @throws PaletteEdgeError `SHARED_STORE_INVALID`, `REFERENCE_INVALID` (kind usage)
 */
export function wireSharedStores(flags: StoreFlags): SharedStoreMaker {
  const repositories = sharedStoreUrls(flags).map(parseSharedRepository);
  return ({ http, credentials, concurrency, onRetry }) => {
    if (repositories.length === 0) return [];
    const options = { http, credentials, concurrencyPerHost: concurrency, onRetry, retry: { policy } };
    const parts = { client: new RegistryClient(options), pusher: new RegistryPusher(options) };
    return repositories.map((repository) => sharedRegistry(repository, parts));
  };
}
