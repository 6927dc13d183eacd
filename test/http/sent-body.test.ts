import { expect, test } from 'vitest';

import { ReceiveRate } from '../../src/http/receive-rate.ts';
import { beginSending } from '../../src/http/sent-body.ts';
import { startServer } from '../support/loopback-server.ts';
import { testHttpClient } from '../support/test-http-client.ts';

const url = new URL('http://r.site/');
const usual = { url, signal: undefined, idleTimeoutMs: 10_000, rate: undefined };

async function* pieces(...sizes: readonly number[]) {
  for (const size of sizes) yield await Promise.resolve(Buffer.alloc(size, 1));
}

test('large pieces are cut: taking one is a sign of life', async () => {
  const { stream } = beginSending({ length: 700_000, open: () => pieces(700_000) }, usual);
  const seen: Buffer[] = await stream.toArray();
  expect(Buffer.concat(seen)).toHaveLength(700_000);
  expect(seen.every(({ length }) => length <= 256 * 1024)).toBe(true);
});

test('no faster than the rate that holds for all', async () => {
  let now = 0;
  const waits: number[] = [];
  const rate = new ReceiveRate({
    bytesPerSecond: 100_000,
    now: () => now,
    sleep: async (milliseconds) => {
      waits.push(milliseconds);
      now += milliseconds;
      await Promise.resolve();
    },
  });
  const { stream } = beginSending({ length: 200_000, open: () => pieces(200_000) }, { ...usual, rate });
  await stream.toArray();
  expect(Math.round(now)).toBeGreaterThanOrEqual(1900);
  expect(waits.length).toBeGreaterThan(10);
});

test('what reading the body throws is what the request ends with', async () => {
  const server = await startServer((request, response) => {
    request.resume();
    request.once('end', () => response.end());
  });
  const http = testHttpClient();
  const broken = new Error('the frame is damaged');
  async function* failing() {
    yield* pieces(10);
    throw broken;
  }
  const body = { length: 20, open: failing };
  const asked = http.request({ method: 'PUT', url: new URL(server.origin), body });
  await expect(asked).rejects.toBe(broken);
});

test.each([
  [307, true, 2],
  [308, true, 2],
  [307, false, 1],
  [302, true, 1],
])('%i, repeating allowed: %s', async (status, repeatsBody, count) => {
  const bodies: number[] = [];
  const server = await startServer((request, response) => {
    let size = 0;
    request.on('data', (piece: Buffer) => {
      size += piece.length;
    });
    request.once('end', () => {
      bodies.push(size);
      if (request.url === '/') response.writeHead(status, { location: '/there' }).end();
      else response.writeHead(201).end();
    });
  });
  const http = testHttpClient();
  const body = { length: 1000, open: () => pieces(400, 600) };
  const request = { method: 'PUT' as const, url: new URL(`${server.origin}/`), body, repeatsBody };
  const response = await http.request(request);
  await response.discard();
  expect(bodies).toEqual(Array(count).fill(1000));
  expect(response.status).toBe(count === 2 ? 201 : status);
});
