import type { ServerResponse } from 'node:http';

import { expect, test } from 'vitest';

import { startServer } from '../support/loopback-server.ts';
import { rejection } from '../support/rejection.ts';
import { testHttpClient } from '../support/test-http-client.ts';

const mebibyte = 1024 * 1024;

test('a body that trickles is given up, although it never idles', async () => {
  const { origin, host } = await startServer((_, response) => trickle(response, Infinity));
  const http = testHttpClient({ stallLimits: { minimumBytes: 1000, windowMs: 100 } });
  const response = await http.request({ method: 'GET', url: new URL(origin) });
  const error = await rejection(readAll(response.body));
  expect(error).toMatchObject({ code: 'CONNECTION_STALLED', kind: 'network' });
  expect(error.message).toContain(host);
  expect(error.message).toContain('less than 1000 bytes in 0.1 s');
});

test('a body that is read into memory has a total time, another one has none', async () => {
  const { origin } = await startServer((_, response) => trickle(response, 20));
  const http = testHttpClient({ stallLimits: { minimumBytes: 1, totalMs: 50 } });
  const small = await http.request({ method: 'GET', url: new URL(origin) });
  expect(await rejection(small.readBytes(1000))).toMatchObject({ code: 'CONNECTION_STALLED' });
  const large = await http.request({ method: 'GET', url: new URL(origin) });
  expect(await readAll(large.body)).toBe(20);
});

test('a rate of ours is no stall and no idleness of the server', async () => {
  const { origin } = await startServer((_, response) => response.end(Buffer.alloc(300_000)));
  const http = testHttpClient({
    maximumBytesPerSecond: 150_000,
    idleTimeoutMs: 800,
    stallLimits: { minimumBytes: mebibyte, windowMs: 800, totalMs: 800 },
  });
  const response = await http.request({ method: 'GET', url: new URL(origin) });
  expect((await response.readBytes(mebibyte)).length).toBe(300_000);
});

test('a body that is not read any faster is not sent any faster', async () => {
  const size = 128 * mebibyte;
  let sentSlowly = 0;
  const { origin } = await startServer((request, response) => {
    send(response, size, (bytes) => {
      if (request.url === '/slow') sentSlowly += bytes;
    });
  });
  const controller = new AbortController();
  const reason = new Error('enough');
  const slow = testHttpClient({ maximumBytesPerSecond: 1000 });
  const response = await slow.request({
    method: 'GET',
    url: new URL('/slow', origin),
    signal: controller.signal,
  });
  const reading = readAll(response.body);
  // Meanwhile the same server sends the same to one who does not wait.
  const other = await testHttpClient().request({ method: 'GET', url: new URL('/fast', origin) });
  expect(await readAll(other.body)).toBe(size);
  // What lies in the buffers of both sides.
  expect(sentSlowly).toBeLessThan(32 * mebibyte);
  controller.abort(reason);
  await expect(reading).rejects.toBe(reason);
});

test('ending the iteration closes the connection', async () => {
  const closed = Promise.withResolvers<void>();
  const { origin } = await startServer((request, response) => {
    request.socket.once('close', () => closed.resolve());
    send(response, 128 * mebibyte, () => undefined);
  });
  const response = await testHttpClient().request({ method: 'GET', url: new URL(origin) });
  for await (const bytes of response.body) {
    expect(bytes.length).toBeGreaterThan(0);
    break;
  }
  await closed.promise;
});

/** A byte every few milliseconds. */
function trickle(response: ServerResponse, count: number): void {
  let sent = 0;
  response.flushHeaders();
  const timer = setInterval(() => {
    response.write('x');
    sent += 1;
    if (sent === count) response.end();
  }, 10);
  response.once('close', () => clearInterval(timer));
}

/** Sends as fast as the other side takes it. */
function send(response: ServerResponse, size: number, onSent: (bytes: number) => void): void {
  const piece = Buffer.alloc(256 * 1024);
  const sendFrom = (start: number): void => {
    if (start === size) {
      response.end();
      return;
    }
    response.write(piece, (error) => {
      if (error) return;
      onSent(piece.length);
      sendFrom(start + piece.length);
    });
  };
  sendFrom(0);
}

async function readAll(body: AsyncIterable<Uint8Array>): Promise<number> {
  let size = 0;
  for await (const bytes of body) size += bytes.length;
  return size;
}
