import { onTestFinished } from 'vitest';

import { HttpClient } from '../../src/http/http-client.ts';
import type { HttpClientOptions } from '../../src/http/http-client.ts';
import { defaultRetryPolicy } from '../../src/http/retry-policy.ts';
import { PaletteClient } from '../../src/palette-api/palette-client.ts';
import type { PaletteClientOptions, PaletteRetry } from '../../src/palette-api/palette-client.ts';
import { sampleKey, sampleProject } from './palette-server-data.ts';

/** A client of a server of the running test, and what it did. */
export interface TestClient {
  readonly client: PaletteClient;
  /** The waits before calls were sent again, in milliseconds; they take no time. */
  readonly waits: readonly number[];
  readonly retries: readonly PaletteRetry[];
}

/** What differs from a client that is let in. */
export interface TestClientOptions extends Partial<Pick<PaletteClientOptions, 'apiKey' | 'projectUid'>> {
  readonly http?: Partial<HttpClientOptions>;
  readonly scheme?: 'http' | 'https';
}

/** A client with the real retry policy, waits that take no time, and no jitter. */
export function paletteClientOf(host: string, options: TestClientOptions = {}): TestClient {
  const http = new HttpClient({
    plainHttpHosts: new Set(['127.0.0.1']),
    insecureHosts: new Set(),
    caCertificates: [],
    userAgent: 'test/1',
    ...options.http,
  });
  onTestFinished(async () => await http.close());
  const waits: number[] = [];
  const retries: PaletteRetry[] = [];
  const client = new PaletteClient({
    http,
    endpoint: { host, scheme: options.scheme },
    apiKey: options.apiKey ?? sampleKey,
    projectUid: 'projectUid' in options ? options.projectUid : sampleProject,
    retry: {
      policy: { ...defaultRetryPolicy, random: () => 1 },
      sleep: async (milliseconds) => {
        waits.push(milliseconds);
        await Promise.resolve();
      },
    },
    onRetry: (retry) => retries.push(retry),
  });
  return { client, waits, retries };
}
