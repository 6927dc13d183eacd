import { homedir } from 'node:os';

import { defaultRetryPolicy } from '../http/retry-policy.ts';
import type { RetryPolicy } from '../http/retry-policy.ts';
import { S3Bucket } from '../object-store/s3-bucket.ts';
import { isS3Url, parseS3Url } from '../object-store/s3-place.ts';
import type { S3Place } from '../object-store/s3-place.ts';
import { readS3Settings } from '../object-store/s3-settings.ts';
import type { S3SettingsSource } from '../object-store/s3-settings.ts';
import type { S3TransportOptions } from '../object-store/s3-transport.ts';
import { RegistryClient } from '../registry/registry-client.ts';
import { RegistryPusher } from '../registry/registry-pusher.ts';
import type { RetryEvent } from '../registry/registry-transport.ts';
import type { SharedStore } from '../store-sharing/shared-store.ts';
import { parseSharedRepository } from '../store-sharing/shared-store-url.ts';
import type { SharedRepository } from '../store-sharing/shared-store-url.ts';
import { sharedBucket } from '../workflows/shared-store-bucket.ts';
import { sharedRegistry } from '../workflows/shared-store-registry.ts';
import type { SharedRegistryParts } from '../workflows/shared-store-registry.ts';
import { sharedStoreUrls } from './store-folder.ts';
import type { StoreFlags } from './store-folder.ts';
import type { RegistryWiring } from './wire-registry.ts';

/** What shared stores are reached with. */
interface SharedStoreParts extends Pick<RegistryWiring, 'http' | 'credentials'> {
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
 * @throws PaletteEdgeError `SHARED_STORE_INVALID`, `REFERENCE_INVALID`, `S3_URL_INVALID`, `S3_SETTINGS_INVALID` (kind usage),
 *   `S3_CREDENTIALS_MISSING` (kind authentication)
 */
export async function wireSharedStores(flags: StoreFlags): Promise<SharedStoreMaker> {
  const places = sharedStoreUrls(flags).map((url) =>
    isS3Url(url) ? parseS3Url(url) : parseSharedRepository(url),
  );
  const settings = places.some(isBucket) ? await readS3Settings(s3Source()) : undefined;
  return (parts) => {
    if (places.length === 0) return [];
    const registry = registryParts(parts);
    return places.map((place) => {
      if (!isBucket(place)) return sharedRegistry(place, registry);
      if (settings === undefined) throw new TypeError('a bucket without settings');
      return sharedBucket(new S3Bucket(place, bucketOptions(settings, parts)));
    });
  };
}

function isBucket(place: S3Place | SharedRepository): place is S3Place {
  return 'bucket' in place;
}

function s3Source(): S3SettingsSource {
  return { environment: process.env, homeFolder: homedir() };
}

function registryParts({ http, credentials, concurrency, onRetry }: SharedStoreParts): SharedRegistryParts {
  const options = { http, credentials, concurrencyPerHost: concurrency, onRetry, retry: { policy } };
  return { client: new RegistryClient(options), pusher: new RegistryPusher(options) };
}

function bucketOptions(
  settings: S3TransportOptions['settings'],
  { http, onRetry }: SharedStoreParts,
): S3TransportOptions {
  return {
    http,
    settings,
    retry: { policy },
    onRetry: ({ host, ...retry }) => onRetry({ registry: host, ...retry }),
  };
}
