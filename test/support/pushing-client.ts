import { HttpClient } from '../../src/http/http-client.ts';
import type { HttpClientOptions } from '../../src/http/http-client.ts';
import { defaultRetryPolicy } from '../../src/http/retry-policy.ts';
import type { Credential } from '../../src/registry/credential.ts';
import type { LastingUploads } from '../../src/registry/lasting-upload.ts';
import { RegistryPusher } from '../../src/registry/registry-pusher.ts';
import type { RetryEvent } from '../../src/registry/registry-transport.ts';
import { onTestFinished } from 'vitest';

/** What a test says of a pusher. */
export interface PushingClientOptions {
  readonly credential?: Credential;
  readonly http?: Partial<HttpClientOptions>;
  readonly concurrency?: number;
  readonly onRetry?: (event: RetryEvent) => void;
  /** Waits for real between retries; not at all unless said. */
  readonly isPatient?: boolean;
  /** Where uploads are remembered; nowhere unless said. */
  readonly lasting?: LastingUploads;
}

/** A pusher of the running test that speaks plain HTTP to loopback, and does not wait. */
export function pushingClient(options: PushingClientOptions = {}) {
  const { credential, concurrency = 4, isPatient = false, lasting } = options;
  const http = new HttpClient({
    plainHttpHosts: new Set(['127.0.0.1']),
    insecureHosts: new Set(),
    caCertificates: [],
    userAgent: 'test',
    ...options.http,
  });
  onTestFinished(async () => await http.close());
  const retries: RetryEvent[] = [];
  const pusher = new RegistryPusher({
    http,
    credentials: { find: async () => await Promise.resolve(credential) },
    concurrencyPerHost: concurrency,
    lasting,
    onRetry: (event) => {
      retries.push(event);
      options.onRetry?.(event);
    },
    retry: {
      policy: { ...defaultRetryPolicy, random: () => 0 },
      ...(isPatient ? {} : { sleep: async () => await Promise.resolve() }),
    },
  });
  return { pusher, retries };
}
