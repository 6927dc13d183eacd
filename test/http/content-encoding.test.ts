import { randomBytes } from 'node:crypto';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';

import { expect, test } from 'vitest';

import { parseContentEncoding } from '../../src/http/content-encoding.ts';
import type { HttpResponse } from '../../src/http/http-response.ts';
import { startServer } from '../support/loopback-server.ts';
import { rejection } from '../support/rejection.ts';
import { testHttpClient } from '../support/test-http-client.ts';

const text = `{"schemaVersion":2}${' '.repeat(5000)}`;
const encodings: [encoding: string, encode: (bytes: string | Uint8Array) => Buffer][] = [
  ['gzip', (bytes) => gzipSync(bytes)],
  ['X-GZIP', (bytes) => gzipSync(bytes)],
  ['deflate', (bytes) => deflateSync(bytes)],
  ['br', (bytes) => brotliCompressSync(bytes)],
];

test('content is asked for as it is', async () => {
  const { origin, requests } = await startServer((_, response) => response.end());
  await (await testHttpClient().request({ method: 'GET', url: new URL(origin) })).discard();
  expect(requests[0]?.headers['accept-encoding']).toBe('identity');
});

test.each(encodings)(
  'a body that comes in %s all the same can be read either way',
  async (encoding, encode) => {
    const bytes = encode(text);
    const ask = await serve(encoding, bytes);
    expect((await ask()).encoding).toBe(encoding.toLowerCase());
    expect(Buffer.from(await (await ask()).readBytes(10_000))).toEqual(bytes);
    expect(Buffer.from(await (await ask()).readDecoded(10_000)).toString()).toBe(text);
    expect(await (await ask()).readText(10_000)).toBe(text);
    expect(await readAll((await ask()).decoded())).toBe(text);
  },
);

test.each(['gzip', 'deflate', 'br'])(
  'a body that is not in %s, as it claims, is read as sent',
  async (encoding) => {
    const ask = await serve(encoding, Buffer.from(text));
    expect(await (await ask()).readText(10_000)).toBe(text);
    const error = await rejection(readAll((await ask()).decoded()));
    expect(error).toMatchObject({ code: 'ENCODING_INVALID', kind: 'network' });
    expect(error.message).toContain(encoding);
  },
);

test.each(encodings)(
  'what unfolds to too much in %s is refused, without unfolding all of it',
  async (encoding, encode) => {
    const bomb = encode(Buffer.alloc(50_000_000));
    const ask = await serve(encoding, bomb);
    const error = await rejection((await ask()).readDecoded(bomb.length));
    expect(error).toMatchObject({ code: 'RESPONSE_TOO_LARGE', kind: 'content' });
    let size = 0;
    for await (const bytes of (await ask()).decoded()) {
      size += bytes.length;
      if (size > 1_000_000) break;
    }
    expect(size).toBeLessThan(2_000_000);
  },
);

test('the encoded body has the same limit', async () => {
  const ask = await serve('gzip', gzipSync(randomBytes(2000)));
  expect(await rejection((await ask()).readDecoded(1000))).toMatchObject({ code: 'RESPONSE_TOO_LARGE' });
});

test('an encoding that is not known here is told as one', async () => {
  const ask = await serve('zstd', Buffer.from('anything'));
  for (const error of [
    await rejection((await ask()).readDecoded(1000)),
    await rejection(readAll((await ask()).decoded())),
  ]) {
    expect(error).toMatchObject({ code: 'UNEXPECTED_ENCODING', kind: 'network' });
    expect(error.message).toContain('content-encoding: zstd');
  }
  expect(Buffer.from(await (await ask()).readBytes(1000)).toString()).toBe('anything');
});

test('a connection that breaks is told as one, not as a wrong encoding', async () => {
  const bytes = gzipSync(randomBytes(100_000));
  const { origin } = await startServer((_, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': bytes.length });
    response.write(bytes.subarray(0, 50_000), () => response.destroy());
  });
  const response = await testHttpClient().request({ method: 'GET', url: new URL(origin) });
  expect(await rejection(readAll(response.decoded()))).toMatchObject({ code: 'CONNECTION_LOST' });
});

test('who has read enough closes the connection, even when the server is silent', async () => {
  const closed = Promise.withResolvers<void>();
  const bytes = gzipSync(randomBytes(100_000));
  const { origin } = await startServer((request, response) => {
    request.socket.once('close', () => closed.resolve());
    response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': bytes.length });
    response.write(bytes.subarray(0, 50_000));
  });
  const response = await testHttpClient().request({ method: 'GET', url: new URL(origin) });
  for await (const piece of response.decoded()) {
    expect(piece.length).toBeGreaterThan(0);
    break;
  }
  await closed.promise;
});

test.each([
  [undefined, undefined],
  ['', undefined],
  ['identity', undefined],
  ['utf-8', undefined],
  ['aws-chunked', undefined],
  ['aws-chunked,gzip', 'gzip'],
  ['constructor, toString, __proto__', undefined],
  ['GZip', 'gzip'],
  ['gzip, identity', 'gzip'],
  ['gzip, br', 'gzip, br'],
])('Content-Encoding %j means %j', (header, encoding) => {
  expect(parseContentEncoding(header)).toBe(encoding);
});

async function serve(encoding: string, bytes: Uint8Array): Promise<() => Promise<HttpResponse>> {
  const { origin } = await startServer((_, response) => {
    response.writeHead(200, { 'content-encoding': encoding, 'content-length': bytes.length }).end(bytes);
  });
  const http = testHttpClient();
  return async () => await http.request({ method: 'GET', url: new URL(origin) });
}

async function readAll(body: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const bytes of body) pieces.push(bytes);
  return Buffer.concat(pieces).toString();
}
