import type { IncomingMessage } from 'node:http';
import { createServer as createNetServer } from 'node:net';
import type { Server as NetServer, Socket } from 'node:net';

import { expect, onTestFinished, test } from 'vitest';

import type { RegistryClient } from '../../src/registry/registry-client.ts';
import { listen, startServer, unusedHost } from '../support/loopback-server.ts';
import { pullingClient } from '../support/pulling-client.ts';
import { rejection } from '../support/rejection.ts';
import { fetchMany, fetchTag, sendManifest } from './fetch-tag.ts';

test('a host that refuses connections is asked once by those who began together, and by nobody after them', async () => {
  const host = await unusedHost();
  const other = await startServer((_, response) => sendManifest(response));
  const { client, waits } = pullingClient({ concurrencyPerHost: 4 });
  const errors = await fetchMany(client, host, 40);
  expect(errors).toHaveLength(40);
  expect(errors.every(({ code }) => code === 'CONNECTION_REFUSED')).toBe(true);
  const notAsked = errors.filter(({ message }) => message.endsWith('; it was not asked again'));
  expect(notAsked).toHaveLength(36);
  expect(notAsked[0]?.message).toBe(`${host}: the connection was refused; it was not asked again`);
  expect(notAsked[0]?.suggestions).toEqual(['Check host name and port, and that the server runs.']);
  expect(waits).toEqual([]);
  await fetchTag(client, other.host);
});

test('a host that takes connections and never answers is tried twice by those who began together', async () => {
  const { host, connections } = await netServer(() => undefined);
  const { client } = pullingClient({ concurrencyPerHost: 4, http: { idleTimeoutMs: 50 } });
  const errors = await fetchMany(client, host, 40);
  expect(errors).toHaveLength(40);
  expect(errors.every(({ code }) => code === 'CONNECTION_TIMEOUT')).toBe(true);
  expect(connections()).toBeLessThanOrEqual(8);
});

test('a host that drops every connection costs the attempts of those who began together', async () => {
  const { host, connections } = await netServer((socket) => socket.destroy());
  const { client } = pullingClient({ concurrencyPerHost: 4 });
  const errors = await fetchMany(client, host, 40);
  expect(errors).toHaveLength(40);
  expect(errors.every(({ code }) => code === 'CONNECTION_LOST')).toBe(true);
  expect(connections()).toBeLessThanOrEqual(20);
});

test('a host that dies is marked as down, and asked again after half a minute', async () => {
  let isDead = false;
  const { host, requests } = await startServer((request, response) => {
    if (isDead) request.socket.destroy();
    else sendManifest(response);
  });
  let time = 0;
  const retry = { sleep: () => Promise.resolve(), now: () => time };
  const { client } = pullingClient({ concurrencyPerHost: 4, retry });
  await fetchTag(client, host);
  isDead = true;
  expect(await fetchMany(client, host, 40)).toHaveLength(40);
  const asked = requests.length;
  expect(asked).toBeLessThanOrEqual(21);
  time = 29_999;
  expect((await rejection(fetchTag(client, host))).message).toContain('it was not asked again');
  expect(requests).toHaveLength(asked);
  // One asks, and finds it dead as before.
  time = 30_000;
  expect(await fetchMany(client, host, 10)).toHaveLength(10);
  expect(requests).toHaveLength(asked + 1);
  isDead = false;
  time = 60_000;
  await fetchTag(client, host);
  expect(await fetchMany(client, host, 10)).toEqual([]);
});

test('one thing that breaks off every time does not take the host down while others arrive', async () => {
  const { host } = await startServer((request, response) => {
    if (isFor('broken', request)) request.socket.destroy();
    else sendManifest(response);
  });
  let client: RegistryClient | undefined;
  const sleep = async (): Promise<void> => {
    if (client !== undefined) await fetchTag(client, host, 'good');
  };
  client = pullingClient({ retry: { sleep, now: () => 0 } }).client;
  await fetchTag(client, host, 'good');
  expect(await rejection(fetchTag(client, host, 'broken'))).toMatchObject({ code: 'CONNECTION_LOST' });
  await fetchTag(client, host, 'good');
});

function isFor(tag: string, request: IncomingMessage): boolean {
  return request.url?.endsWith(`/manifests/${tag}`) === true;
}

/** A server below HTTP. */
async function netServer(onConnection: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  const server: NetServer = createNetServer((socket) => {
    socket.on('error', () => undefined);
    sockets.add(socket);
    onConnection(socket);
  });
  const host = await listen(server);
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { host, connections: () => sockets.size };
}
