import { request } from 'node:https';
import { text } from 'node:stream/consumers';

import { selfSignedCertificate } from '../../src/registry-server/self-signed-certificate.ts';
import type { CertificatePair } from '../../src/registry-server/self-signed-certificate.ts';

/** A certificate that is valid now, for loopback unless said otherwise. */
export function loopbackCertificate(names: readonly string[] = ['127.0.0.1', 'localhost']): CertificatePair {
  const now = Date.now();
  return selfSignedCertificate({
    commonName: 'test',
    names,
    notBefore: new Date(now - 60_000),
    notAfter: new Date(now + 3_600_000),
  });
}

/** What a client that trusts one certificate and no other is answered with. */
export async function getTrusting(
  url: string,
  ca: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ readonly status: number | undefined; readonly body: string }> {
  return await new Promise((resolve, reject) => {
    request(url, { ca, headers, agent: false }, (response) => {
      text(response).then((body) => resolve({ status: response.statusCode, body }), reject);
    })
      .on('error', reject)
      .end();
  });
}
