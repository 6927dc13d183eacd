import { expect, test } from 'vitest';

import { logRequests } from '../../src/cli/request-log.ts';
import type { HttpClient } from '../../src/http/http-client.ts';
import { startServer, unusedHost } from '../support/loopback-server.ts';
import { rejection } from '../support/rejection.ts';
import { testHttpClient } from '../support/test-http-client.ts';

/** What is told of the requests that `ask` makes. */
async function toldOf(ask: (http: HttpClient) => Promise<unknown>): Promise<string[]> {
  const lines: string[] = [];
  using _log = logRequests((line) => lines.push(line.replace(/\d+ ms$|under 1 s$|\d+ s$/, 'TIME')));
  await ask(testHttpClient());
  return lines;
}

const get = async (http: HttpClient, url: string) =>
  await http.request({ method: 'GET', url: new URL(url), headers: { authorization: 'Bearer s3cret' } });

test('each request is told of in a line, without query and headers', async () => {
  const { origin } = await startServer((request, response) => {
    if (request.url === '/v2/') response.writeHead(401).end();
    else response.end('x'.repeat(1234));
  });
  const told = await toldOf(async (http) => {
    await (await get(http, `${origin}/v2/`)).discard();
    await (await get(http, `${origin}/blob?X-Signature=s3cret`)).discard();
  });
  expect(told).toEqual([`GET ${origin}/v2/: 401, 0 B, TIME`, `GET ${origin}/blob: 200, 1.23 kB, TIME`]);
});

test('what is sent is counted, and an answer that breaks off has its status and what came of it', async () => {
  const { origin } = await startServer((request, response) => {
    if (request.method === 'PUT') {
      request.resume().on('end', () => response.writeHead(201).end());
    } else {
      response.writeHead(200, { 'content-length': '5000' });
      response.write('x'.repeat(1000), () => response.destroy());
    }
  });
  const told = await toldOf(async (http) => {
    const put = { method: 'PUT', url: new URL(`${origin}/upload`), headers: {} } as const;
    await (await http.request({ ...put, body: new Uint8Array(2000) })).discard();
    await rejection((await get(http, `${origin}/blob`)).readBytes(10_000));
  });
  expect(told).toEqual([
    `PUT ${origin}/upload: 201, 2.00 kB sent, 0 B, TIME`,
    `GET ${origin}/blob: 200, UND_ERR_SOCKET, 1.00 kB, TIME`,
  ]);
});

test('one that fails is told of with the reason, and nothing is told afterwards', async () => {
  const host = await unusedHost();
  const told = await toldOf(async (http) => await rejection(get(http, `http://${host}/v2/`)));
  expect(told).toContain(`GET http://${host}/v2/: ECONNREFUSED, TIME`);
  const before = told.length;
  const { origin } = await startServer((_, response) => response.end());
  await (await get(testHttpClient(), origin)).discard();
  expect(told).toHaveLength(before);
});
