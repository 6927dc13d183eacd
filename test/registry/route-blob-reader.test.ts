import { randomBytes } from 'node:crypto';
import type { RequestListener } from 'node:http';

import { expect, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import type { Mirrors } from '../../src/registry/route.ts';
import { askedRange, cutBlob, serveBlob } from '../support/blob-server.ts';
import { startServer, unusedHost } from '../support/loopback-server.ts';
import { pullingClient, readAll } from '../support/pulling-client.ts';
import { rejection } from '../support/rejection.ts';

const content = randomBytes(1_000_000);
const blob = { digest: digestOf(content), size: content.length };
const notFound: RequestListener = (_request, response) => response.writeHead(404).end();

test('a mirror that breaks off for good is followed by the registry from the byte reached on', async () => {
  const half = 500_000;
  const { blobs, mirror, origin } = await places((request, response) => {
    const [start] = askedRange(request, content.length);
    if (start === 0) cutBlob(content)(response, half);
    else response.destroy();
  }, serveBlob(content));
  expect(await readAll(await blobs.open(blob))).toEqual(content);
  expect(mirror.requests.length).toBeGreaterThan(1);
  const ranges = origin.requests.map(({ headers }) => headers.range);
  expect(ranges).toHaveLength(1);
  const [, start] = /^bytes=(\d+)-999999$/.exec(ranges[0] ?? '') ?? [];
  expect(Number(start)).toBeGreaterThan(0);
  expect(Number(start)).toBeLessThanOrEqual(half);
});

test('a part of a blob goes on in the same way', async () => {
  const { blobs, origin } = await places(notFound, serveBlob(content));
  const range = { start: 1000, end: 2000 };
  expect(await readAll(await blobs.open(blob, { range }))).toEqual(content.subarray(1000, 2000));
  expect(origin.requests.map(({ headers }) => headers.range)).toEqual(['bytes=1000-1999']);
});

test('a mirror with another length is followed by the registry', async () => {
  const { blobs } = await places(serveBlob(Buffer.concat([content, content])), serveBlob(content));
  expect(await readAll(await blobs.open(blob))).toEqual(content);
});

test('a blob that is opened from its beginning again comes from the registry, the mirror stays the last resort', async () => {
  const wrong = Buffer.from(content).fill(0, 10, 20);
  let isUp = true;
  const { blobs, mirror, origin } = await places(serveBlob(wrong), (request, response) => {
    if (isUp) serveBlob(content)(request, response);
    else notFound(request, response);
  });
  const range = { start: 0 };
  expect(await readAll(await blobs.open(blob, { range }))).toEqual(wrong);
  expect(await readAll(await blobs.open(blob, { range }))).toEqual(content);
  expect([mirror.requests.length, origin.requests.length]).toEqual([1, 1]);
  isUp = false;
  expect(await readAll(await blobs.open(blob, { range }))).toEqual(wrong);
});

test('two roots of the API on one host are two places: the one that sent nothing wrong comes first', async () => {
  const wrong = Buffer.from(content).fill(0, 10, 20);
  const mirror = await startServer((request, response) => {
    serveBlob(request.url?.startsWith('/one/') === true ? wrong : content)(request, response);
  });
  const origin = await startServer(notFound);
  const endpoints = ['one', 'two'].map((path) => ({
    registry: mirror.host,
    path: '',
    apiRoot: `${mirror.origin}/${path}`,
  }));
  const registries = new Map([[origin.host, { endpoints, rewrites: [] }]]);
  const { client } = pullingClient({ mirrors: { prefixes: [], registries } });
  const blobs = client.blobs({ registry: origin.host, repository: 'org/app' });
  const range = { start: 0 };
  expect(await readAll(await blobs.open(blob, { range }))).toEqual(wrong);
  expect(await readAll(await blobs.open(blob, { range }))).toEqual(content);
});

test('other blobs still come from a mirror that sent a wrong one', async () => {
  const other = randomBytes(1000);
  const { blobs, origin } = await places((request, response) => {
    const isOther = request.url?.includes(digestOf(other)) === true;
    serveBlob(isOther ? other : Buffer.alloc(content.length))(request, response);
  }, serveBlob(content));
  for (const _attempt of [1, 2]) await readAll(await blobs.open(blob, { range: { start: 0 } }));
  const known = { digest: digestOf(other), size: other.length };
  expect(await readAll(await blobs.open(known))).toEqual(other);
  expect(origin.requests).toHaveLength(1);
});

test('a whole blob is verified, wherever its bytes came from', async () => {
  const wrong = Buffer.from(content).fill(0, 10, 20);
  const { blobs, origin } = await places(serveBlob(wrong), notFound);
  const error = await rejection(blobs.open(blob).then(readAll));
  expect(error).toMatchObject({ code: 'DIGEST_MISMATCH', kind: 'content' });
  expect(error.message).toContain(`reading from ${origin.host}/org/app`);
});

test('what no place has is told by open, and has no size', async () => {
  const { blobs, mirror, origin } = await places(notFound, notFound);
  const error = await rejection(blobs.open(blob));
  expect(error).toMatchObject({ code: 'BLOB_NOT_FOUND', kind: 'notFound' });
  expect(error.message).toMatch(new RegExp(`of ${origin.host}/org/app .*; mirror ${mirror.host}/org/app: `));
  expect(await blobs.sizeOf(blob.digest)).toBeUndefined();
});

test('the size comes from the first place that has the blob', async () => {
  const { blobs, origin } = await places(serveBlob(content), notFound);
  expect(await blobs.sizeOf(blob.digest)).toBe(blob.size);
  expect(origin.requests).toEqual([]);
  const { blobs: others } = await places(notFound, serveBlob(content));
  expect(await others.sizeOf(blob.digest)).toBe(blob.size);
});

test('that the registry cannot be asked for the size is an error', async () => {
  const mirror = await startServer(notFound);
  const origin = await unusedHost();
  const { client } = pullingClient({ mirrors: at(origin, mirror.host) });
  const blobs = client.blobs({ registry: origin, repository: 'org/app' });
  expect(await rejection(blobs.sizeOf(blob.digest))).toMatchObject({ code: 'CONNECTION_REFUSED' });
});

test('reading that ends early gives the place back', async () => {
  const { blobs } = await places(serveBlob(content), notFound, 1);
  for await (const bytes of await blobs.open(blob)) {
    expect(bytes.length).toBeGreaterThan(0);
    break;
  }
  expect(await blobs.sizeOf(blob.digest)).toBe(blob.size);
});

async function places(
  mirrorListener: RequestListener,
  originListener: RequestListener,
  concurrencyPerHost = 6,
) {
  const mirror = await startServer(mirrorListener);
  const origin = await startServer(originListener);
  const { client } = pullingClient({ mirrors: at(origin.host, mirror.host), concurrencyPerHost });
  return { mirror, origin, blobs: client.blobs({ registry: origin.host, repository: 'org/app' }) };
}

function at(origin: string, mirror: string): Mirrors {
  const prefix = (registry: string) => ({ registry, path: '' });
  return { prefixes: [{ original: prefix(origin), mirror: prefix(mirror) }], registries: new Map() };
}
