import type { ServerResponse } from 'node:http';

import { expect, onTestFinished, test } from 'vitest';

import { HttpClient } from '../../src/http/http-client.ts';
import type { HttpRequest } from '../../src/http/http-client.ts';
import type { HttpResponse } from '../../src/http/http-response.ts';
import { Authenticator } from '../../src/registry/authenticator.ts';
import { noCredentials } from '../../src/registry/credentials.ts';
import { HostLimits } from '../../src/registry/host-limits.ts';
import { RegistryTransport } from '../../src/registry/registry-transport.ts';
import { startServer } from '../support/loopback-server.ts';
import { credentialsFor, pullingClient } from '../support/pulling-client.ts';
import { rejection } from '../support/rejection.ts';
import { fetchMany, fetchTag, sendManifest } from './fetch-tag.ts';

/** A wait that the test ends, in the order in which the waits began. */
function heldSleep() {
  const held: { readonly milliseconds: number; readonly end: () => void }[] = [];
  const sleep = async (milliseconds: number, signal: AbortSignal | undefined): Promise<void> => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    held.push({ milliseconds, end: resolve });
    await promise;
  };
  return { held, sleep };
}

test('a host that refuses every third request gets fewer at a time and at a lower rate, and answers all in the end', async () => {
  let time = 0;
  const arrivals: { readonly time: number; readonly underWay: number }[] = [];
  let underWay = 0;
  const eight: (() => void)[] = [];
  const answer = (response: ServerResponse, round: number): void => {
    underWay -= 1;
    if (round % 3 === 0) response.writeHead(429).end();
    else sendManifest(response);
  };
  const { host } = await startServer((_, response) => {
    underWay += 1;
    const round = arrivals.push({ time, underWay });
    // The first ones are answered together: they are under way at the same time.
    if (round > 8) setImmediate(() => answer(response, round));
    else eight.push(() => answer(response, round));
    if (round === 8) for (const answerOne of eight) answerOne();
  });
  const sleep = async (milliseconds: number): Promise<void> => {
    time += milliseconds;
    await new Promise((resolve) => setImmediate(resolve));
  };
  const { client } = pullingClient({ concurrencyPerHost: 8, retry: { sleep, now: () => time } });
  expect(await fetchMany(client, host, 80)).toEqual([]);

  expect(arrivals).toHaveLength(119);
  expect(arrivals.slice(0, 8).map((arrival) => arrival.underWay)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(arrivals.slice(0, 8).every((arrival) => arrival.time === 0)).toBe(true);
  const late = arrivals.slice(40);
  expect(Math.max(...late.map((arrival) => arrival.underWay))).toBeLessThanOrEqual(2);
  const span = (late.at(-1)?.time ?? 0) - (late[0]?.time ?? 0);
  expect(span / late.length).toBeGreaterThan(50);
});

test('while the host wants to be left alone nothing is sent to it, and then it gets one after the other', async () => {
  const { held, sleep } = heldSleep();
  let time = 0;
  const { host, requests } = await startServer((_, response) => {
    if (requests.length === 1) response.writeHead(429, { 'retry-after': '30' }).end();
    else sendManifest(response);
  });
  const other = await startServer((_, response) => sendManifest(response));
  const { client } = pullingClient({ retry: { sleep, now: () => time } });
  const first = fetchTag(client, host);
  await expect.poll(() => held.length).toBe(1);
  const second = fetchTag(client, host);
  await expect.poll(() => held.length).toBe(2);
  await fetchTag(client, other.host);
  expect(requests).toHaveLength(1);
  expect(held.map(({ milliseconds }) => milliseconds)).toEqual([30_000, 30_000]);
  time = 30_000;
  held[0]?.end();
  await first;
  expect(requests).toHaveLength(2);
  held[1]?.end();
  await expect.poll(() => held.length).toBe(3);
  // Behind the first one, not with it.
  expect(held[2]?.milliseconds).toBe(100);
  expect(requests).toHaveLength(2);
  held[2]?.end();
  await second;
});

test('a mirror that wants to be left alone is, but not waited for', async () => {
  let time = 0;
  const origin = await startServer((_, response) => sendManifest(response));
  const mirror = await startServer((_, response) => response.writeHead(429, { 'retry-after': '600' }).end());
  const prefix = {
    original: { registry: origin.host, path: '' },
    mirror: { registry: mirror.host, path: '' },
  };
  const { client, waits } = pullingClient({
    mirrors: { prefixes: [prefix], registries: new Map() },
    now: () => time,
  });
  const mirrorAsked: number[] = [];
  for (const seconds of [0, 31, 599, 640]) {
    time = seconds * 1000;
    await fetchTag(client, origin.host);
    mirrorAsked.push(mirror.requests.length);
  }
  expect(origin.requests).toHaveLength(4);
  expect(mirrorAsked).toEqual([1, 1, 1, 2]);
  expect(waits).toEqual([]);
});

test('an interruption ends the wait for a host', async () => {
  const { held, sleep } = heldSleep();
  const { host } = await startServer((_, response) => response.writeHead(429, { 'retry-after': '30' }).end());
  const { client } = pullingClient({ retry: { sleep } });
  const controller = new AbortController();
  const reason = new Error('interrupted');
  const { signal } = controller;
  const ask = async () =>
    await client.fetchManifest({ registry: host, repository: 'org/app' }, { tag: '1' }, signal);
  const first = ask();
  await expect.poll(() => held.length).toBe(1);
  const second = ask();
  await expect.poll(() => held.length).toBe(2);
  controller.abort(reason);
  await expect(first).rejects.toBe(reason);
  await expect(second).rejects.toBe(reason);
});

test.each([
  ['429 with seconds', 429, { 'retry-after': '2' }],
  ['429 with a date', 429, { 'retry-after': 'Wed, 25 Nov 2020 10:00:00 GMT' }],
  ['429 without anything', 429, {}],
  ['503 with seconds', 503, { 'retry-after': '2' }],
])('any number of answers %s does not fail a request', async (_what, status, headers) => {
  const { host, requests } = await startServer((_, response) => {
    if (requests.length <= 25) response.writeHead(status, headers).end();
    else sendManifest(response);
  });
  const { client, retries } = pullingClient();
  await fetchTag(client, host);
  expect(requests).toHaveLength(26);
  expect(retries).toHaveLength(25);
  expect(retries.at(-1)).toMatchObject({ registry: host, attempt: 1, slowDown: { concurrency: 1 } });
});

test('a 503 that says nothing is a failure of one request, and counts', async () => {
  const { host, requests } = await startServer((_, response) => response.writeHead(503).end());
  const { client, retries } = pullingClient();
  const error = await rejection(fetchTag(client, host));
  expect(error.message).toContain('tried 5 times');
  expect(requests).toHaveLength(5);
  expect(retries.every(({ slowDown }) => slowDown === undefined)).toBe(true);
});

test('a host that only ever refuses is given up after a quarter of an hour, for all who ask', async () => {
  const { host, requests } = await startServer((_, response) => response.writeHead(429).end());
  const { client, waits } = pullingClient();
  const error = await rejection(fetchTag(client, host));
  expect(error).toMatchObject({ code: 'TOO_MANY_REQUESTS', kind: 'network' });
  expect(error.message).toMatch(/too many requests; 127\.0\.0\.1:\d+ has answered nothing else for 15 min/);
  expect(waits.reduce((sum, wait) => sum + wait, 0)).toBeGreaterThanOrEqual(900_000);
  const asked = requests.length;
  expect(asked).toBeLessThan(60);
  expect((await rejection(fetchTag(client, host, '2'))).message).toContain('it was not asked again');
  expect(requests).toHaveLength(asked);
});

test('a host that wants to be left alone for hours is told at once, with the time', async () => {
  const { host, requests } = await startServer((_, response) => {
    response.writeHead(429, { 'retry-after': '7200' }).end();
  });
  const { client, waits } = pullingClient();
  const error = await rejection(fetchTag(client, host));
  expect(error).toMatchObject({ code: 'TOO_MANY_REQUESTS', kind: 'network' });
  expect(error.message).toContain(`${host} asks to be left alone for 2 h`);
  expect(error.suggestions.join('\n')).toContain('Run the same command again in 2 h');
  expect((await rejection(fetchTag(client, host, '2'))).message).toContain('it was not asked again');
  expect(waits).toEqual([]);
  expect(requests).toHaveLength(1);
});

const hubWords = JSON.stringify({
  errors: [
    { code: 'TOOMANYREQUESTS', message: 'You have reached your unauthenticated pull rate limit. https://…' },
  ],
});

const usedUp = { 'ratelimit-limit': '100;w=21600', 'ratelimit-remaining': '0;w=21600' };

test.each<[where: string, answer: { headers?: Record<string, string>; body?: string; limit?: string }]>([
  ['by its header', { headers: usedUp, limit: ' (100 pulls in 6 h)' }],
  ['in its words', { body: hubWords }],
])('a limit of pulls that is used up, told %s, is no reason to ask again', async (_where, answer) => {
  const { headers = {}, body = '', limit = '' } = answer;
  const { host, requests } = await startServer((_, response) => response.writeHead(429, headers).end(body));
  const { client } = pullingClient();
  const error = await rejection(fetchTag(client, host));
  expect(error).toMatchObject({ code: 'PULL_LIMIT_REACHED', kind: 'network' });
  expect(error.message).toBe(
    `${host}/org/app:1: ${host} allows no more pulls for now: its pull rate limit is used up${limit}`,
  );
  expect(error.suggestions[0]).toBe(`Log in, for a higher limit: palette-edge login ${host}`);
  expect(requests).toHaveLength(1);
});

test('who is logged in is not told to log in', async () => {
  const { host } = await startServer((request, response) => {
    if (request.headers.authorization === undefined)
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
    else response.writeHead(429).end(hubWords);
  });
  const { client } = pullingClient({ credentials: credentialsFor(host, 'user', 's3cret') });
  const { suggestions } = await rejection(fetchTag(client, host));
  expect(suggestions.join('\n')).not.toContain('palette-edge login');
  expect(suggestions[0]).toBe(`Use an account of ${host} with a higher limit.`);
});

test('pulls that are left are remembered from manifests', async () => {
  const { host } = await startServer((_, response) => {
    sendManifest(response, { 'ratelimit-limit': '100;w=21600', 'ratelimit-remaining': '93;w=21600' });
  });
  const { client } = pullingClient();
  await fetchTag(client, host);
  expect([...client.rateLimits()]).toEqual([[host, { limit: 100, remaining: 93, windowSeconds: 21_600 }]]);
});

test('a request that is given up while its refusal is read ends as given up', async () => {
  const { host } = await startServer((_, response) => void response.writeHead(404).write('{"errors": ['));
  const reason = new Error('interrupted');
  const controller = new AbortController();
  /** Whoever gives up does so when the answer has come and its body has not. */
  class ImpatientClient extends HttpClient {
    override async request(request: HttpRequest): Promise<HttpResponse> {
      const response = await super.request(request);
      controller.abort(reason);
      return response;
    }
  }
  const http = new ImpatientClient({
    plainHttpHosts: new Set(['127.0.0.1']),
    insecureHosts: new Set(),
    caCertificates: [],
    userAgent: 'test/1',
  });
  onTestFinished(async () => await http.close());
  const authenticator = new Authenticator({ http, credentials: noCredentials });
  const transport = new RegistryTransport({ http, authenticator, limits: new HostLimits(1) });
  const sending = transport.send({
    repository: { registry: host, repository: 'org/app' },
    method: 'GET',
    path: 'manifests/1',
    expected: [200],
    subject: 'a test',
    notFoundCode: 'IMAGE_NOT_FOUND',
    signal: controller.signal,
  });
  await expect(sending).rejects.toBe(reason);
});
