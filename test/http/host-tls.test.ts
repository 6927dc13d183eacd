import { readFile } from 'node:fs/promises';

import { expect, test } from 'vitest';

import type { HttpClient } from '../../src/http/http-client.ts';
import type { HttpClientOptions } from '../../src/http/http-client.ts';
import { checkHostTls } from '../../src/http/host-tls.ts';
import type { ClientCertificate, HostTls } from '../../src/http/host-tls.ts';
import { startServer } from '../support/loopback-server.ts';
import { startOpensslServer } from '../support/openssl-server.ts';
import { everythingShown, rejection } from '../support/rejection.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { testHttpClient } from '../support/test-http-client.ts';
import { makeClientCertificate, makeTlsFiles } from '../support/tls-files.ts';

test.each(['TLSv1.2', 'TLSv1.3'] as const)(
  'a server that demands a client certificate gets it over %s, and no other server does',
  async (version) => {
    const { ca, tls, certificate } = await authority();
    const shown: (string | undefined)[] = [];
    const demanding = {
      ...tls,
      ca: ca.pem,
      requestCert: true,
      rejectUnauthorized: true,
      maxVersion: version,
    };
    const strict = await startServer((_, response) => response.end('welcome'), demanding);
    const curious = await startServer(
      (request, response) => {
        const { socket } = request;
        if ('getPeerCertificate' in socket && typeof socket.getPeerCertificate === 'function')
          shown.push(String(Object.keys(socket.getPeerCertificate()).length));
        response.end('hello');
      },
      { ...tls, requestCert: true, rejectUnauthorized: false },
    );
    const http = client({ caCertificates: [ca], hostTls: new Map([[strict.host, { certificate }]]) });
    expect(await (await get(http, strict.origin)).readText(100)).toBe('welcome');
    expect(await (await get(http, curious.origin)).readText(100)).toBe('hello');
    expect(shown).toEqual(['0']);
  },
);

test('a server that demands a client certificate we do not have is told as one', async () => {
  const { ca, tls } = await authority();
  const demanding = { ...tls, ca: ca.pem, requestCert: true, rejectUnauthorized: true };
  const { origin, host } = await startServer((_, response) => response.end(), demanding);
  const error = await rejection(get(client({ caCertificates: [ca] }), origin));
  expect(error).toMatchObject({ code: 'CLIENT_CERTIFICATE_REQUIRED', kind: 'authentication' });
  expect(error.message).toBe(`${host}: the server asks for a client certificate`);
  expect(error.suggestions.join()).toContain(`the folder ${host} below --cert-dir DIR`);

  const old = await startServer((_, response) => response.end(), { ...demanding, maxVersion: 'TLSv1.2' });
  const refused = await rejection(get(client({ caCertificates: [ca] }), old.origin));
  expect(refused).toMatchObject({ code: 'TLS_HANDSHAKE_REFUSED', kind: 'network' });
  expect(refused.message).toContain('client certificate');
});

test('a client certificate of an authority that the server does not know is told as refused', async () => {
  const { ca, certificatePath, keyPath } = await authority();
  const other = await authority();
  const own = ['-cert', certificatePath, '-key', keyPath];
  const demand = ['-Verify', '1', '-verify_return_error', '-CAfile', certificatePath];
  const host = await startOpensslServer([...own, ...demand]);
  const hostTls = new Map([[host, { certificate: other.certificate }]]);
  const error = await rejection(get(client({ caCertificates: [ca], hostTls }), `https://${host}/`));
  expect(error).toMatchObject({ code: 'CLIENT_CERTIFICATE_REFUSED', kind: 'authentication' });
  expect(error.message).toContain(host);
  expect(everythingShown(error)).not.toContain('PRIVATE KEY');
});

test('authorities of a host are trusted for it alone; an entry with the port goes before one without', async () => {
  const { ca, tls } = await authority();
  const first = await startServer((_, response) => response.end('first'), tls);
  const second = await startServer((_, response) => response.end('second'), tls);
  const forOne = client({ hostTls: new Map([[first.host, { authorities: [ca] }]]) });
  expect(await (await get(forOne, first.origin)).readText(100)).toBe('first');
  expect((await rejection(get(forOne, second.origin))).code).toBe('TLS_CERTIFICATE');
  const hostTls = new Map<string, HostTls>([
    ['127.0.0.1', { authorities: [ca] }],
    [second.host, {}],
  ]);
  const forAll = client({ hostTls });
  expect(await (await get(forAll, first.origin)).readText(100)).toBe('first');
  expect((await rejection(get(forAll, second.origin))).code).toBe('TLS_CERTIFICATE');
});

test('a host may be insecure and want a client certificate all the same', async () => {
  const { ca, tls, certificate } = await authority();
  const demanding = { ...tls, ca: ca.pem, requestCert: true, rejectUnauthorized: true };
  const { origin, host } = await startServer((_, response) => response.end('welcome'), demanding);
  const flagged = client({ insecureHosts: new Set([host]), hostTls: new Map([[host, { certificate }]]) });
  expect(await (await get(flagged, origin)).readText(100)).toBe('welcome');
  const own = client({ hostTls: new Map([[host, { certificate, isInsecure: true }]]) });
  expect(await (await get(own, origin)).readText(100)).toBe('welcome');
});

test('a certificate with the key of another, or one that cannot be read, is told with its name', async () => {
  const { certificate } = await authority();
  const other = await authority();
  const mixed = { ...certificate, key: other.certificate.key };
  const error = checkError({ certificate: mixed });
  expect(error).toMatchObject({ code: 'CLIENT_CERTIFICATE_INVALID', kind: 'usage' });
  expect(error).toHaveProperty(
    'message',
    'certs/client.cert: the key does not belong to the client certificate',
  );
  expect(checkError({ certificate: { ...certificate, key: 'none' } })).toMatchObject({
    code: 'CLIENT_CERTIFICATE_INVALID',
    message: 'certs/client.cert: the client certificate or its key cannot be read',
  });
  expect(checkError({ authorities: [{ name: 'ca.crt', pem: 'none' }] })).toMatchObject({
    code: 'CA_CERTIFICATE_INVALID',
  });
  expect(() => checkHostTls({ certificate })).not.toThrow();
  expect(everythingShown(error)).not.toContain('PRIVATE KEY');
});

test('wrong files of one host do not keep others from being asked', async () => {
  const { ca, tls, certificate } = await authority();
  const { origin } = await startServer((_, response) => response.end('fine'), tls);
  const bad: HostTls = { certificate: { ...certificate, key: 'none' } };
  const http = client({ caCertificates: [ca], hostTls: new Map([['bad.test', bad]]) });
  expect(await (await get(http, origin)).readText(100)).toBe('fine');
  expect((await rejection(get(http, 'https://bad.test/'))).code).toBe('CLIENT_CERTIFICATE_INVALID');
});

function checkError(tls: HostTls): unknown {
  try {
    checkHostTls(tls);
  } catch (error) {
    return error;
  }
  return undefined;
}

async function authority() {
  const folder = await temporaryFolder();
  const { caPem, certificatePath, keyPath } = await makeTlsFiles(folder);
  const certificate: ClientCertificate = {
    name: 'certs/client.cert',
    ...(await makeClientCertificate(folder)),
  };
  return {
    ca: { name: 'ca.pem', pem: caPem },
    tls: { cert: await readFile(certificatePath), key: await readFile(keyPath) },
    certificate,
    certificatePath,
    keyPath,
  };
}

function client(options: Partial<HttpClientOptions>): HttpClient {
  return testHttpClient({ plainHttpHosts: new Set(), ...options });
}

async function get(http: HttpClient, url: string) {
  return await http.request({ method: 'GET', url: new URL(url) });
}
