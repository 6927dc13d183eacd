import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';

import { expect, onTestFinished, test } from 'vitest';

import type { HttpClient } from '../../src/http/http-client.ts';
import { listen, startServer, unusedHost } from '../support/loopback-server.ts';
import { everythingShown, rejection } from '../support/rejection.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { testHttpClient } from '../support/test-http-client.ts';
import { makeTlsFiles } from '../support/tls-files.ts';

test('an answer of any status comes with its headers and body', async () => {
  const { origin, requests } = await startServer((_, response) => {
    response.writeHead(418, { 'X-Thing': ['a', 'b'] }).end('short and stout');
  });
  const response = await get(testHttpClient(), `${origin}/pot?lid=1`);
  expect(response.status).toBe(418);
  expect(response.headers['x-thing']).toBe('a, b');
  expect(await response.readText(1000)).toBe('short and stout');
  expect(requests[0]).toMatchObject({ method: 'GET', url: '/pot?lid=1' });
  expect(requests[0]?.headers['user-agent']).toBe('test/1');
});

test('a body larger than its limit is refused', async () => {
  const { origin } = await startServer((_, response) => response.end('x'.repeat(1001)));
  const response = await get(testHttpClient(), `${origin}/path?signature=s3cret`);
  const error = await rejection(response.readText(1000));
  expect(error).toMatchObject({ code: 'RESPONSE_TOO_LARGE', kind: 'content' });
  expect(everythingShown(error)).not.toContain('s3cret');
});

test('a discarded answer gives its connection back', async () => {
  const ports = new Set<number | undefined>();
  const { origin } = await startServer((request, response) => {
    ports.add(request.socket.remotePort);
    response.end('x'.repeat(10_000));
  });
  const http = testHttpClient();
  for (let round = 0; round < 10; round += 1) await (await get(http, origin)).discard();
  // A request may come a moment before its predecessor's connection is free again.
  expect(ports.size).toBeLessThan(5);
});

test('a redirect within an origin keeps credentials', async () => {
  const { origin, requests } = await startServer((request, response) => {
    if (request.url === '/a') response.writeHead(307, { location: '/b' }).end();
    else response.end('here');
  });
  const response = await get(testHttpClient(), `${origin}/a`, { authorization: 'Basic s3cret' });
  expect(await response.readText(100)).toBe('here');
  expect(response.url.href).toBe(`${origin}/b`);
  expect(response.hasLeftOrigin).toBe(false);
  expect(requests.map(({ headers }) => headers.authorization)).toEqual(['Basic s3cret', 'Basic s3cret']);
});

test('a redirect to another origin drops credentials, and the way back does not restore them', async () => {
  const home = await startServer((request, response) => {
    if (request.url === '/a') response.writeHead(302, { location: `${away.origin}/b` }).end();
    else response.end('home again');
  });
  const away = await startServer((_, response) => {
    response.writeHead(302, { location: `${home.origin}/c` }).end();
  });
  const headers = { authorization: 'Bearer s3cret', cookie: 'a=b', range: 'bytes=0-1' };
  const response = await get(testHttpClient(), `${home.origin}/a`, headers);
  expect(await response.readText(100)).toBe('home again');
  expect(response.hasLeftOrigin).toBe(true);
  expect(away.requests[0]?.headers.authorization).toBeUndefined();
  expect(away.requests[0]?.headers.cookie).toBeUndefined();
  expect(away.requests[0]?.headers.range).toBe('bytes=0-1');
  expect(home.requests.map(({ headers: { authorization } }) => authorization)).toEqual([
    'Bearer s3cret',
    undefined,
  ]);
});

test('redirects in a circle end', async () => {
  const { origin, requests } = await startServer((_, response) => {
    response.writeHead(302, { location: '/?token=s3cret' }).end();
  });
  const error = await rejection(get(testHttpClient(), origin));
  expect(error.code).toBe('TOO_MANY_REDIRECTS');
  expect(requests).toHaveLength(11);
  expect(everythingShown(error)).not.toContain('s3cret');
});

test('POST is not redirected', async () => {
  const { origin, requests } = await startServer((_, response) => {
    response.writeHead(307, { location: '/other' }).end();
  });
  const response = await testHttpClient().request({
    method: 'POST',
    url: new URL(origin),
    body: 'refresh_token=x',
  });
  await response.discard();
  expect(response.status).toBe(307);
  expect(requests).toHaveLength(1);
});

test('a redirect from HTTPS to plain HTTP is refused, unless the target is listed', async () => {
  const { tls, ca } = await tlsServerOptions();
  const plain = await startServer((_, response) => response.end('plain'));
  const secure = await startServer((_, response) => {
    response.writeHead(302, { location: `${plain.origin}/blob?signature=s3cret` }).end();
  }, tls);
  const error = await rejection(
    get(testHttpClient({ plainHttpHosts: new Set(), caCertificates: [ca] }), secure.origin),
  );
  expect(error).toMatchObject({ code: 'PLAIN_HTTP_REFUSED', kind: 'network' });
  expect(error.suggestions.join()).toContain(`--plain-http ${plain.host}`);
  expect(everythingShown(error)).not.toContain('s3cret');
  expect(plain.requests).toHaveLength(0);

  const allowed = testHttpClient({ plainHttpHosts: new Set([plain.host]), caCertificates: [ca] });
  expect(await (await get(allowed, secure.origin)).readText(100)).toBe('plain');
});

test('a redirect to another scheme is refused', async () => {
  const { origin } = await startServer((_, response) => {
    response.writeHead(302, { location: 'file:///etc/passwd' }).end();
  });
  expect((await rejection(get(testHttpClient(), origin))).code).toBe('PLAIN_HTTP_REFUSED');
});

test('hosts are HTTPS unless listed, with their port or without any', () => {
  const http = testHttpClient({
    plainHttpHosts: new Set(['plain.test', 'other.test:5000', '[::1]:5000', 'both.test:80']),
  });
  expect(
    ['plain.test', 'plain.test:80', 'other.test:5000', 'other.test', 'localhost:5000', '[::1]:5000'].map(
      (host) => http.baseUrl(host).href,
    ),
  ).toEqual([
    'http://plain.test/',
    'http://plain.test/',
    'http://other.test:5000/',
    'https://other.test/',
    'https://localhost:5000/',
    'http://[::1]:5000/',
  ]);
  // What is said of port 80 is not said of a name without port, which is 443.
  expect(['both.test', 'both.test:80'].map((host) => http.baseUrl(host).href)).toEqual([
    'https://both.test/',
    'http://both.test/',
  ]);
});

test('a self-signed server is refused, taken with its authority, taken unverified', async () => {
  const { tls, ca } = await tlsServerOptions();
  const { origin, host } = await startServer((_, response) => response.end('secure'), tls);
  const error = await rejection(get(testHttpClient(), origin));
  expect(error).toMatchObject({ code: 'TLS_CERTIFICATE', kind: 'network' });
  expect(error.message).toContain(host);
  expect(error.suggestions.join()).toContain('--ca-cert');
  expect(error.suggestions.join()).toContain(`--insecure ${host}`);

  const trusting = testHttpClient({ caCertificates: [ca] });
  expect(await (await get(trusting, origin)).readText(100)).toBe('secure');
  const careless = testHttpClient({ insecureHosts: new Set([host]) });
  expect(await (await get(careless, origin)).readText(100)).toBe('secure');
  const careful = testHttpClient({ insecureHosts: new Set(['other.test', '127.0.0.1:1']) });
  expect((await rejection(get(careful, origin))).code).toBe('TLS_CERTIFICATE');
});

test('a certificate for another name is refused although its authority is trusted', async () => {
  const { tls, ca } = await tlsServerOptions('DNS:other.test');
  const { origin } = await startServer((_, response) => response.end(), tls);
  const error = await rejection(get(testHttpClient({ caCertificates: [ca] }), origin));
  expect(error.code).toBe('TLS_CERTIFICATE');
  expect(error.message).toContain('another host name');
});

test.each(['no certificate', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'])(
  'a file that is no certificate is refused at once, by its name among others: %j',
  async (pem) => {
    const { ca } = await tlsServerOptions();
    const bad = { name: 'certs/bad.pem (--ca-cert)', pem };
    expect(() => testHttpClient({ caCertificates: [ca, bad] })).toThrow(
      expect.objectContaining({
        code: 'CA_CERTIFICATE_INVALID',
        kind: 'usage',
        message: expect.stringMatching(/^certs\/bad\.pem \(--ca-cert\) holds no certificate/),
      }),
    );
  },
);

test('a plain-HTTP server asked for HTTPS is told apart', async () => {
  const { host } = await startServer((_, response) => response.end());
  const error = await rejection(get(testHttpClient(), `https://${host}/`));
  expect(error).toMatchObject({ code: 'NOT_TLS', kind: 'network' });
  expect(error.suggestions.join()).toContain(`--plain-http ${host}`);
});

test('something that is no HTTP server is told apart', async () => {
  const server = createServer((socket) => socket.end('SSH-2.0-OpenSSH\r\n'));
  const host = await listen(server);
  onTestFinished(() => void server.close());
  expect((await rejection(get(testHttpClient(), `http://${host}/`))).code).toBe('NOT_HTTP');
});

test('a refused connection and an unknown host name the host', async () => {
  const host = await unusedHost();
  const refused = await rejection(get(testHttpClient(), `http://${host}/`));
  expect(refused).toMatchObject({ code: 'CONNECTION_REFUSED', kind: 'network' });
  expect(refused.message).toContain(host);
  const http = testHttpClient({ plainHttpHosts: new Set(['no-such-host.invalid']) });
  const unknown = await rejection(get(http, 'http://no-such-host.invalid/'));
  expect(unknown).toMatchObject({ code: 'HOST_NOT_FOUND', kind: 'network' });
  expect(unknown.message).toContain('no-such-host.invalid');
});

test('a server that never answers times out', async () => {
  const { origin, host } = await startServer(() => undefined);
  const error = await rejection(get(testHttpClient({ idleTimeoutMs: 50 }), origin));
  expect(error).toMatchObject({ code: 'CONNECTION_TIMEOUT', kind: 'network' });
  expect(error.message).toContain(host);
});

test('a server that stops in the middle of a body times out', async () => {
  const { origin } = await startServer((_, response) => {
    response.writeHead(200, { 'content-length': 100 }).write('half');
  });
  const response = await get(testHttpClient({ idleTimeoutMs: 50 }), origin);
  const error = await rejection(response.readText(1000));
  expect(error).toMatchObject({ code: 'CONNECTION_TIMEOUT', kind: 'network' });
});

test('a body cut off is an error, not an end', async () => {
  const { origin } = await startServer((_, response) => {
    response.writeHead(200, { 'content-length': 100 });
    response.write('half', () => response.destroy());
  });
  const response = await get(testHttpClient(), origin);
  expect((await rejection(response.readText(1000))).code).toBe('CONNECTION_LOST');
});

test('a response nobody reads does not end the process when its connection breaks', async () => {
  const { promise: broken, resolve } = Promise.withResolvers<void>();
  const proceed = Promise.withResolvers<void>();
  const { origin } = await startServer((request, response) => {
    request.socket.once('close', () => resolve());
    response.writeHead(200, { 'content-length': 100 }).write('half');
    void proceed.promise.then(() => request.socket.resetAndDestroy());
  });
  const http = testHttpClient();
  const response = await get(http, origin);
  proceed.resolve();
  await broken;
  // Another round trip: by then the break has been noticed on this side, too.
  await (await get(http, (await startServer((_, other) => other.end())).origin)).discard();
  expect((await rejection(response.readText(1000))).code).toBe('CONNECTION_LOST');
});

test('aborting gives the reason of the signal', async () => {
  const reason = new Error('interrupted');
  const controller = new AbortController();
  const { origin } = await startServer((request, response) => {
    if (request.url === '/silent') controller.abort(reason);
    else response.writeHead(200, { 'content-length': 100 }).write('half');
  });
  const http = testHttpClient();
  const response = await http.request({ method: 'GET', url: new URL(origin), signal: controller.signal });
  const reading = response.readText(1000);
  const silent = http.request({
    method: 'GET',
    url: new URL('/silent', origin),
    signal: controller.signal,
  });
  await expect(silent).rejects.toBe(reason);
  await expect(reading).rejects.toBe(reason);
});

test('closing ends connections that are kept for later', async () => {
  const { promise: closed, resolve } = Promise.withResolvers<string>();
  const { origin } = await startServer((request, response) => {
    request.socket.once('close', () => resolve('closed'));
    response.end();
  });
  const http = testHttpClient();
  await (await get(http, origin)).discard();
  await http.close();
  expect(await closed).toBe('closed');
});

async function get(http: HttpClient, url: string, headers: Record<string, string> = {}) {
  return await http.request({ method: 'GET', url: new URL(url), headers });
}

async function tlsServerOptions(names?: string) {
  const { caPem, certificatePath, keyPath } = await makeTlsFiles(await temporaryFolder(), names);
  return {
    ca: { name: 'ca.pem', pem: caPem },
    tls: { cert: await readFile(certificatePath), key: await readFile(keyPath) },
  };
}
