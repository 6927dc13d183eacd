import { expect, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import { parseReference } from '../../src/oci/reference.ts';
import type { Mirrors } from '../../src/registry/route.ts';
import { startServer } from '../support/loopback-server.ts';
import { pullingClient } from '../support/pulling-client.ts';
import { rejection } from '../support/rejection.ts';

const manifest = Buffer.from('{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json"}');
const type = 'application/vnd.oci.image.manifest.v1+json';
const target = { digest: digestOf(manifest) };

test.each<[what: string, headers: Record<string, string>, status: number, tries: number]>([
  ['fails', {}, 503, 2],
  ['asks to slow down', { 'retry-after': '60' }, 429, 1],
  ['is overloaded for a while', { 'retry-after': '60' }, 503, 1],
])('a mirror that %s is not waited for, and comes last for a while', async (...row) => {
  const [, headers, status, tries] = row;
  let now = 0;
  let isWell = false;
  const mirror = await startServer((_request, response) => {
    if (isWell) response.writeHead(200, { 'content-type': type }).end(manifest);
    else response.writeHead(status, headers).end();
  });
  const origin = await startServer((_request, response) =>
    response.writeHead(200, { 'content-type': type }).end(manifest),
  );
  const { client, waits } = pullingClient({ mirrors: at(origin.host, mirror.host), now: () => now });
  const reference = parseReference(`${origin.host}/org/app:1`);
  const fetch = async () => await client.fetchManifest(reference, target);
  const counts = () => [mirror.requests.length, origin.requests.length];
  await fetch();
  expect(counts()).toEqual([tries, 1]);
  expect(Math.max(0, ...waits)).toBeLessThan(60_000);
  await fetch();
  expect(counts()).toEqual([tries, 2]);
  now = 60_000;
  isWell = true;
  await fetch();
  expect(counts()).toEqual([tries + 1, 2]);
});

test('a mirror that rests is asked when all others have failed', async () => {
  let isWell = false;
  const mirror = await startServer((_request, response) => {
    if (isWell) response.writeHead(200, { 'content-type': type }).end(manifest);
    else response.writeHead(500).end();
  });
  const origin = await startServer((_request, response) => response.writeHead(404).end());
  const { client } = pullingClient({ mirrors: at(origin.host, mirror.host), now: () => 0 });
  const reference = parseReference(`${origin.host}/org/app:1`);
  const error = await rejection(client.fetchManifest(reference, target));
  expect(error).toMatchObject({ code: 'IMAGE_NOT_FOUND' });
  expect(error.message).toContain(`mirror ${mirror.host}/org/app: `);
  isWell = true;
  expect(Buffer.from((await client.fetchManifest(reference, target)).bytes)).toEqual(manifest);
  expect(origin.requests).toHaveLength(2);
});

test('a port with both schemes is two hosts: that TLS fails says nothing of plain HTTP', async () => {
  const mirror = await startServer((_request, response) =>
    response.writeHead(200, { 'content-type': type }).end(manifest),
  );
  const origin = await startServer((_request, response) => response.writeHead(404).end());
  const endpoint = { registry: mirror.host, path: '' };
  const endpoints = [{ ...endpoint, apiRoot: `https://${mirror.host}/v2` }, endpoint];
  const registries = new Map([[origin.host, { endpoints, rewrites: [] }]]);
  const { client } = pullingClient({ mirrors: { prefixes: [], registries }, now: () => 0 });
  const reference = parseReference(`${origin.host}/org/app:1`);
  for (const round of [1, 2]) {
    expect(Buffer.from((await client.fetchManifest(reference, target)).bytes)).toEqual(manifest);
    expect(mirror.requests).toHaveLength(round);
  }
  expect(origin.requests).toHaveLength(0);
});

test('of many that start at once, each tries a mirror that is down no more than twice, and those after them not at all', async () => {
  const mirror = await startServer((_request, response) => response.destroy());
  const origin = await startServer((_request, response) =>
    response.writeHead(200, { 'content-type': type }).end(manifest),
  );
  const { client } = pullingClient({ mirrors: at(origin.host, mirror.host), now: () => 0 });
  const reference = parseReference(`${origin.host}/org/app:1`);
  const fetchMany = async () =>
    await Promise.all(Array.from({ length: 20 }, async () => await client.fetchManifest(reference, target)));
  await fetchMany();
  const tried = mirror.requests.length;
  expect(tried).toBeGreaterThan(0);
  expect(tried).toBeLessThanOrEqual(40);
  await fetchMany();
  expect(mirror.requests).toHaveLength(tried);
  expect(origin.requests).toHaveLength(40);
});

function at(origin: string, mirror: string): Mirrors {
  const prefix = (registry: string) => ({ registry, path: '' });
  return { prefixes: [{ original: prefix(origin), mirror: prefix(mirror) }], registries: new Map() };
}
