import { onTestFinished } from 'vitest';

import { HttpClient } from '../../src/http/http-client.ts';
import type { HttpClientOptions } from '../../src/http/http-client.ts';

/** A client that trusts nobody in particular, speaks plain HTTP with this machine, and is closed when the test ends. */
export function testHttpClient(options: Partial<HttpClientOptions> = {}): HttpClient {
  const http = new HttpClient({
    plainHttpHosts: new Set(['127.0.0.1']),
    insecureHosts: new Set(),
    caCertificates: [],
    userAgent: 'test/1',
    ...options,
  });
  onTestFinished(async () => await http.close());
  return http;
}
