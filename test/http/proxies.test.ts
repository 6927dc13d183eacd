import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';

import { expect, onTestFinished, test } from 'vitest';

import type { HttpClient } from '../../src/http/http-client.ts';
import type { HttpClientOptions } from '../../src/http/http-client.ts';
import type { CaCertificateFile } from '../../src/http/host-tls.ts';
import { proxyChooser } from '../../src/http/proxies.ts';
import type { Proxies } from '../../src/http/proxies.ts';
import { listen, startServer, unusedHost } from '../support/loopback-server.ts';
import type { LoopbackServer } from '../support/loopback-server.ts';
import { startProxy } from '../support/proxy-server.ts';
import { everythingShown, rejection } from '../support/rejection.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { testHttpClient } from '../support/test-http-client.ts';
import { makeTlsFiles } from '../support/tls-files.ts';

const name = 'registry.test:443';

test('an HTTPS host is reached through a tunnel, its certificate verified by its own name', async () => {
  const { origin, ca } = await secureOrigin('DNS:registry.test');
  const proxy = await startProxy({ hosts: { [name]: origin.host } });
  const http = client({ proxies: through(proxy.host), caCertificates: [ca] });
  const headers = { authorization: 'Basic b3JpZ2lu' };
  const first = await get(http, 'https://registry.test/v2/', headers);
  expect(await first.readText(100)).toBe('through');
  expect(first.url.href).toBe('https://registry.test/v2/');
  expect(origin.requests[0]).toMatchObject({ url: '/v2/', headers: { host: 'registry.test', ...headers } });
  expect(proxy.seen).toEqual([{ method: 'CONNECT', target: name, authorization: undefined }]);
  for (let round = 0; round < 10; round += 1)
    await (await get(http, 'https://registry.test/again')).discard();
  // A request may come a moment before its predecessor's connection is free again.
  expect(proxy.seen.length).toBeLessThan(5);
});

test('a tunnel leads to a host by its address, IPv6 too, with its port', async () => {
  const { origin, ca } = await secureOrigin('IP:192.0.2.1,IP:2001:db8::1');
  const hosts = { '192.0.2.1:5000': origin.host, '[2001:db8::1]:5000': origin.host };
  const proxy = await startProxy({ hosts });
  const http = client({ proxies: through(proxy.host), caCertificates: [ca] });
  for (const host of Object.keys(hosts)) {
    expect(await (await get(http, `https://${host}/`)).readText(100)).toBe('through');
  }
  expect(proxy.seen.map(({ target }) => target)).toEqual(Object.keys(hosts));
});

test.each([
  'HTTP/1.0 200 Connection established\r\nProxy-agent: tinyproxy\r\n\r\n',
  'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
  'HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n',
])('a tunnel is open whatever else the proxy says: %j', async (established) => {
  const { origin, ca } = await secureOrigin('DNS:registry.test');
  const proxy = await startProxy({ hosts: { [name]: origin.host }, established });
  const http = client({ proxies: through(proxy.host), caCertificates: [ca] });
  expect(await (await get(http, 'https://registry.test/')).readText(100)).toBe('through');
});

test('a certificate for another name is refused through a tunnel too, and --insecure holds there', async () => {
  const { origin, ca } = await secureOrigin('DNS:other.test');
  const proxy = await startProxy({ hosts: { [name]: origin.host } });
  const options = { proxies: through(proxy.host), caCertificates: [ca] };
  const error = await rejection(get(client(options), 'https://registry.test/'));
  expect(error).toMatchObject({ code: 'TLS_CERTIFICATE', kind: 'network' });
  expect(error.message).toContain('registry.test');
  const careless = client({ ...options, insecureHosts: new Set(['registry.test']) });
  expect(await (await get(careless, 'https://registry.test/')).readText(100)).toBe('through');
});

test('a plain-HTTP host is asked for with its whole URL', async () => {
  const origin = await startServer((_, response) => response.end('plain'));
  const proxy = await startProxy({ hosts: { 'registry.test:5000': origin.host } });
  const http = client({ proxies: through(proxy.host) });
  const response = await get(http, 'http://registry.test:5000/v2/a?n=1', { authorization: 'Basic b3JpZ2lu' });
  expect(await response.readText(100)).toBe('plain');
  expect(proxy.seen).toEqual([
    { method: 'GET', target: 'http://registry.test:5000/v2/a?n=1', authorization: undefined },
  ]);
  expect(origin.requests[0]).toMatchObject({
    url: '/v2/a?n=1',
    headers: { host: 'registry.test:5000', authorization: 'Basic b3JpZ2lu' },
  });
});

test('user and password of the proxy go to the proxy and nowhere else', async () => {
  const { origin, ca } = await secureOrigin('DNS:registry.test');
  const plain = await startServer((_, response) => response.end('plain'));
  const hosts = { [name]: origin.host, 'plain.test': plain.host };
  const proxy = await startProxy({ hosts, login: 'jo hn:p@ss%' });
  const proxies = through(`jo%20hn:p%40ss%25@${proxy.host}`);
  const http = client({ proxies, caCertificates: [ca] });
  expect(await (await get(http, 'https://registry.test/')).readText(100)).toBe('through');
  expect(await (await get(http, 'http://plain.test/')).readText(100)).toBe('plain');
  for (const { headers } of [...origin.requests, ...plain.requests])
    expect(headers).not.toHaveProperty('proxy-authorization');
});

test.each(['https://registry.test/', 'http://registry.test/'])(
  'a proxy that wants a login, or another one, says so for %s',
  async (url) => {
    const proxy = await startProxy({ login: 'john:right' });
    const missing = await rejection(get(client({ proxies: through(proxy.host) }), url));
    expect(missing).toMatchObject({ code: 'PROXY_LOGIN_REQUIRED', kind: 'authentication' });
    expect(missing.message).toContain(`TEST_PROXY) ${proxy.host}: it asks for user and password`);
    const wrong = await rejection(get(client({ proxies: through(`john:s3cret@${proxy.host}`) }), url));
    expect(wrong.message).toContain('it refuses user and password');
    expect(wrong.suggestions.join()).toContain('TEST_PROXY');
    expect(everythingShown(wrong)).not.toMatch(/s3cret|am9obj|john/);
  },
);

test('a proxy that does not connect to a host is named with its answer', async () => {
  const proxy = await startProxy({ refusal: 403 });
  const refused = await rejection(
    get(client({ proxies: through(proxy.host) }), 'https://registry.test:5000/'),
  );
  expect(refused).toMatchObject({ code: 'PROXY_REFUSED', kind: 'network', cause: { status: 403 } });
  expect(refused.message).toContain(proxy.host);
  expect(refused.message).toContain('registry.test:5000');
  const stranger = await startProxy({ refusal: 401 });
  const unknown = await rejection(get(client({ proxies: through(stranger.host) }), 'https://registry.test/'));
  expect(unknown.code).toBe('PROXY_LOGIN_REQUIRED');
});

test.each(['https://registry.test/', 'http://registry.test/'])(
  'a proxy that is not there is named for %s',
  async (url) => {
    const host = await unusedHost();
    const error = await rejection(get(client({ proxies: through(`john:s3cret@${host}`) }), url));
    expect(error).toMatchObject({ code: 'CONNECTION_REFUSED', kind: 'network' });
    expect(error.message).toBe(`proxy (TEST_PROXY) ${host}: the connection was refused`);
    expect(error.suggestions.join()).toContain('TEST_PROXY');
    expect(everythingShown(error)).not.toContain('s3cret');
  },
);

test('a proxy that hangs up, is no HTTP or never answers is named', async () => {
  const ends = createServer((socket) => socket.once('data', () => socket.destroy()));
  const speaksOther = createServer((socket) => socket.end('SSH-2.0-OpenSSH\r\n'));
  const isSilent = createServer((socket) => socket.on('error', () => undefined));
  const codes: string[] = [];
  for (const server of [ends, speaksOther, isSilent]) {
    const host = await listen(server);
    onTestFinished(() => void server.close());
    const http = client({ proxies: through(host), connectTimeoutMs: 200 });
    const error = await rejection(get(http, 'https://registry.test/'));
    expect(error.message).toContain(`proxy (TEST_PROXY) ${host}`);
    codes.push(error.code);
  }
  expect(codes).toEqual(['CONNECTION_LOST', 'NOT_HTTP', 'CONNECTION_TIMEOUT']);
});

test('a proxy that speaks TLS is verified, and a tunnel goes through it', async () => {
  const { origin, ca } = await secureOrigin('DNS:registry.test');
  const own = await makeTlsFiles(await temporaryFolder());
  const plain = await startServer((_, response) => response.end('plain'));
  const proxy = await startProxy({
    hosts: { [name]: origin.host, 'plain.test': plain.host },
    tls: { cert: await readFile(own.certificatePath), key: await readFile(own.keyPath) },
  });
  const proxies = through(proxy.host, 'https');
  const error = await rejection(get(client({ proxies, caCertificates: [ca] }), 'https://registry.test/'));
  expect(error.code).toBe('TLS_CERTIFICATE');
  expect(error.message).toContain(`proxy (TEST_PROXY) ${proxy.host}`);
  const trusting = client({ proxies, caCertificates: [ca, { name: 'proxy.pem', pem: own.caPem }] });
  expect(await (await get(trusting, 'https://registry.test/')).readText(100)).toBe('through');
  expect(await (await get(trusting, 'http://plain.test/')).readText(100)).toBe('plain');
});

test('loopback and listed hosts are asked without the proxy', async () => {
  const origin = await startServer((_, response) => response.end('straight'));
  const proxy = await startProxy();
  const http = client({ proxies: through(proxy.host) });
  expect(await (await get(http, origin.origin)).readText(100)).toBe('straight');
  expect(proxy.seen).toEqual([]);
});

test('each kind of host has its own proxy; one of another kind is refused where it is needed', async () => {
  const socks = { url: new URL('socks5://john:s3cret@127.0.0.1:1'), variable: 'ALL_PROXY' };
  const web = { url: new URL('http://proxy.test:3128'), variable: 'HTTPS_PROXY' };
  const choose = proxyChooser({ http: socks, https: web, noProxy: '.corp.test' });
  expect(choose(new URL('https://ghcr.io/'))).toBe(web);
  expect(choose(new URL('https://a.corp.test/'))).toBeUndefined();
  expect(choose(new URL('http://a.corp.test/'))).toBeUndefined();
  expect(proxyChooser({ https: web, noProxy: '' })(new URL('http://ghcr.io/'))).toBeUndefined();
  const http = client({ proxies: { http: socks, https: socks, noProxy: '' } });
  for (const url of ['http://registry.test/', 'https://registry.test/']) {
    const error = await rejection(get(http, url));
    expect(error).toMatchObject({ code: 'PROXY_UNSUPPORTED', kind: 'usage' });
    expect(error.message).toContain('ALL_PROXY');
    expect(everythingShown(error)).not.toContain('s3cret');
  }
});

test('closing ends a tunnel that is being opened', async () => {
  const asked = Promise.withResolvers<void>();
  const silent = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => asked.resolve());
  });
  const host = await listen(silent);
  onTestFinished(() => void silent.close());
  const http = client({ proxies: through(host), connectTimeoutMs: 600_000 });
  const asking = get(http, 'https://registry.test/').catch((error: unknown) => error);
  await asked.promise;
  await http.close();
  expect(await asking).toBeInstanceOf(Error);
});

function through(proxy: string, scheme = 'http'): Proxies {
  const one = { url: new URL(`${scheme}://${proxy}`), variable: 'TEST_PROXY' };
  return { http: one, https: one, noProxy: '' };
}

async function secureOrigin(
  names: string,
): Promise<{ readonly origin: LoopbackServer; readonly ca: CaCertificateFile }> {
  const { caPem, certificatePath, keyPath } = await makeTlsFiles(await temporaryFolder(), names);
  const tls = { cert: await readFile(certificatePath), key: await readFile(keyPath) };
  const origin = await startServer((_, response) => response.end('through'), tls);
  return { origin, ca: { name: 'ca.pem', pem: caPem } };
}

function client(options: Partial<HttpClientOptions> = {}): HttpClient {
  return testHttpClient({
    plainHttpHosts: new Set(['127.0.0.1', 'registry.test', 'plain.test']),
    ...options,
  });
}

async function get(http: HttpClient, url: string, headers: Record<string, string> = {}) {
  return await http.request({ method: 'GET', url: new URL(url), headers });
}
