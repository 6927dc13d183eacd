import { createServer as createHttpServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';

import { expect, onTestFinished, test } from 'vitest';

import { wordConnectionError } from '../../src/http/connection-error.ts';
import type { HttpClient } from '../../src/http/http-client.ts';
import { listen, startServer } from '../support/loopback-server.ts';
import { startOpensslServer } from '../support/openssl-server.ts';
import { everythingShown, rejection } from '../support/rejection.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { testHttpClient } from '../support/test-http-client.ts';
import { makeTlsFiles } from '../support/tls-files.ts';

test('headers that are too large are refused, and not asked for again', async () => {
  const { origin, host } = await startServer((_, response) => {
    response.writeHead(200, { 'x-large': 'x'.repeat(17 * 1024) }).end();
  });
  const error = await rejection(get(testHttpClient(), origin));
  expect(error).toMatchObject({ code: 'RESPONSE_INVALID', kind: 'network' });
  expect(error.message).toBe(`${host}: the headers of its answer are too large`);
});

test('a redirect to a long URL is followed, to one that is too long it is not', async () => {
  const { origin, requests } = await startServer((request, response) => {
    const { searchParams, pathname } = new URL(request.url ?? '', 'http://any.test');
    const length = Number(searchParams.get('length'));
    if (pathname === '/to') response.end('here');
    else response.writeHead(307, { location: `/to?signature=${'s'.repeat(length)}` }).end();
  });
  const http = testHttpClient();
  expect(await (await get(http, `${origin}/from?length=8000`)).readText(100)).toBe('here');
  const error = await rejection(get(http, `${origin}/from?length=40000`));
  expect(error.code).toBe('RESPONSE_INVALID');
  expect(everythingShown(error)).not.toContain('sssss');
  expect(requests).toHaveLength(3);
});

test('headers that trickle are given up as an answer that does not come', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      socket.write('HTTP/1.1 200 OK\r\nx-slow: ');
      const timer = setInterval(() => socket.write('x'), 20);
      socket.once('close', () => clearInterval(timer));
    });
  });
  const host = await listen(server);
  onTestFinished(() => void server.close());
  const error = await rejection(get(testHttpClient({ idleTimeoutMs: 300 }), `http://${host}/`));
  expect(error.code).toBe('CONNECTION_TIMEOUT');
});

test('some interim answers are passed over, a flood of them is not', async () => {
  const { origin, host } = await startServer((request, response) => {
    const hints = Number(request.url?.slice(1));
    for (let count = 0; count < hints; count += 1) response.writeProcessing();
    response.end('at last');
  });
  const http = testHttpClient();
  expect(await (await get(http, `${origin}/20`)).readText(100)).toBe('at last');
  const error = await rejection(get(http, `${origin}/21`));
  expect(error).toMatchObject({ code: 'RESPONSE_INVALID', kind: 'network' });
  expect(error.message).toContain(host);
});

test('a host is reached by its IPv6 address, over plain HTTP and HTTPS', async () => {
  const files = await makeTlsFiles(await temporaryFolder(), 'IP:::1');
  const tls = { cert: await readFile(files.certificatePath), key: await readFile(files.keyPath) };
  const hosts = [
    await listenOnIpv6(createHttpServer((_, response) => response.end('plain'))),
    await listenOnIpv6(createTlsServer(tls, (_, response) => response.end('secure'))),
  ] as const;
  const http = testHttpClient({
    plainHttpHosts: new Set([hosts[0]]),
    caCertificates: [{ name: 'ca.pem', pem: files.caPem }],
  });
  expect(await (await get(http, http.baseUrl(hosts[0]).href)).readText(100)).toBe('plain');
  expect(await (await get(http, http.baseUrl(hosts[1]).href)).readText(100)).toBe('secure');
  const careful = testHttpClient({ insecureHosts: new Set([hosts[1].replace(']:', ']:9')]) });
  expect((await rejection(get(careful, `https://${hosts[1]}/`))).code).toBe('TLS_CERTIFICATE');
  const careless = testHttpClient({ insecureHosts: new Set(['[::1]']) });
  expect(await (await get(careless, `https://${hosts[1]}/`)).readText(100)).toBe('secure');
});

test.each([
  [['ENETUNREACH', 'ECONNREFUSED'], 'CONNECTION_REFUSED'],
  [['ECONNREFUSED', 'ENETUNREACH'], 'CONNECTION_REFUSED'],
  [['ENETUNREACH', 'EHOSTUNREACH'], 'HOST_UNREACHABLE'],
])('of a host whose addresses fail with %j the most telling reason is told', (codes, code) => {
  const failures = codes.map((each) => Object.assign(new Error(each), { code: each }));
  const error = Object.assign(new AggregateError(failures), { code: codes[0] });
  expect(wordConnectionError(error, new URL('https://registry.test/'))).toMatchObject({ code });
});

test('a server of old versions of TLS is told as one', async () => {
  const { certificatePath, keyPath } = await makeTlsFiles(await temporaryFolder());
  const host = await startOpensslServer(['-cert', certificatePath, '-key', keyPath, '-tls1_1']);
  const error = await rejection(get(testHttpClient(), `https://${host}/`));
  expect(error).toMatchObject({ code: 'TLS_VERSION', kind: 'network' });
});

async function listenOnIpv6(server: Server): Promise<string> {
  server.listen(0, '::1');
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new Error(
      'this test needs IPv6 on the loopback interface: sysctl net.ipv6.conf.lo.disable_ipv6=0',
      {
        cause: error,
      },
    );
  }
  onTestFinished(() => void server.close());
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the server has no port');
  return `[::1]:${address.port}`;
}

async function get(http: HttpClient, url: string) {
  return await http.request({ method: 'GET', url: new URL(url) });
}
