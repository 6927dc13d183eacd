import { onTestFinished } from 'vitest';

import { HttpClient } from '../../src/http/http-client.ts';
import type { HttpClientOptions } from '../../src/http/http-client.ts';
import { defaultRetryPolicy } from '../../src/http/retry-policy.ts';
import type { AheadLimits } from '../../src/registry/blob-ahead.ts';
import { noCredentials } from '../../src/registry/credentials.ts';
import type { CredentialSource } from '../../src/registry/credentials.ts';
import type { HostOptions } from '../../src/registry/host-state.ts';
import { RegistryClient } from '../../src/registry/registry-client.ts';
import type { Mirrors } from '../../src/registry/route.ts';
import type { RetryEvent } from '../../src/registry/registry-transport.ts';

export interface PullingClientOptions {
  readonly http?: Partial<HttpClientOptions>;
  readonly credentials?: CredentialSource;
  readonly concurrencyPerHost?: number;
  readonly mirrors?: Mirrors;
  readonly now?: () => number;
  readonly ahead?: AheadLimits;
  /** Replaces policy, time and waiting. */
  readonly retry?: HostOptions;
}

/** A registry client for loopback that waits no real time between retries; closed when the running test ends. */
export function pullingClient(options: PullingClientOptions = {}) {
  const http = new HttpClient({
    plainHttpHosts: new Set(['127.0.0.1', 'localhost']),
    insecureHosts: new Set(),
    caCertificates: [],
    userAgent: 'test/1',
    ...options.http,
  });
  onTestFinished(async () => await http.close());
  const retries: RetryEvent[] = [];
  const waits: number[] = [];
  let time = 0;
  const client = new RegistryClient({
    http,
    credentials: options.credentials ?? noCredentials,
    concurrencyPerHost: options.concurrencyPerHost ?? 6,
    onRetry: (event) => retries.push(event),
    retry: {
      policy: { ...defaultRetryPolicy, random: () => 1 },
      sleep: (milliseconds) => {
        waits.push(milliseconds);
        time += milliseconds;
        return Promise.resolve();
      },
      // Waits pass, and tests may let more time pass.
      now: () => time + (options.now?.() ?? 0),
      ...options.retry,
    },
    mirrors: options.mirrors,
    now: options.now,
    ahead: options.ahead,
  });
  return { client, http, retries, waits };
}

/** Credentials for one registry only. */
export function credentialsFor(registry: string, username: string, password: string): CredentialSource {
  return {
    find: (asked) =>
      Promise.resolve(asked === registry ? { username, password, origin: 'the test' } : undefined),
  };
}

/** Reads a stream to its end. */
export async function readAll(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const bytes of content) pieces.push(bytes);
  return Buffer.concat(pieces);
}
