import { randomBytes } from 'node:crypto';

import { expect, test } from 'vitest';

import type { BlobRange } from '../../src/oci/blob-access.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { cutBlob, serveBlob, startBlobServer } from '../support/blob-server.ts';
import type { BlobBehaviour } from '../support/blob-server.ts';
import { startServer } from '../support/loopback-server.ts';
import { pullingClient, readAll } from '../support/pulling-client.ts';
import type { PullingClientOptions } from '../support/pulling-client.ts';
import { everythingShown, rejection } from '../support/rejection.ts';

const content = randomBytes(300_000);

const blob = { digest: digestOf(content), size: content.length };

const serve = serveBlob(content);

const cut = cutBlob(content);

const blobServer = async (behave: BlobBehaviour, options?: PullingClientOptions) =>
  await startBlobServer(content, behave, options);

test('a whole blob is one plain request, not compressed on the way', async () => {
  const { read, requests } = await blobServer(serve);
  expect((await read()).equals(content)).toBe(true);
  expect(requests).toHaveLength(1);
  expect(requests[0]).toMatchObject({ method: 'GET', url: `/v2/org/app/blobs/${blob.digest}` });
  expect(requests[0]?.headers['accept-encoding']).toBe('identity');
  expect(requests[0]?.headers.range).toBeUndefined();
});

test.each([
  ['with its length', { 'content-length': 300_001 }],
  ['without its length', {}],
])('a blob that is longer than its size is refused, %s', async (_, headers) => {
  const { read } = await blobServer((_request, response) => {
    response.writeHead(200, headers).end(Buffer.concat([content, Buffer.from('x')]));
  });
  const error = await rejection(read());
  expect(error).toMatchObject({ code: 'SIZE_MISMATCH', kind: 'content' });
  expect(error.message).toContain('expected 300000 bytes');
});

test('a blob that is shorter than its size is refused', async () => {
  const { read } = await blobServer((_, response) => {
    response.writeHead(200, { 'content-length': 299_999 }).end(content.subarray(1));
  });
  expect(await rejection(read())).toMatchObject({ code: 'SIZE_MISMATCH', kind: 'content' });
});

test('a server that ends too early, time and again, is a lost connection', async () => {
  const { read, requests } = await blobServer((_, response) => {
    response.writeHead(200).end(content.subarray(0, 1000));
  });
  expect(await rejection(read())).toMatchObject({ code: 'CONNECTION_LOST', kind: 'network' });
  expect(requests.length).toBeGreaterThan(4);
});

test('wrong bytes of the right length are refused, naming both digests', async () => {
  const wrong = Buffer.alloc(content.length, 'x');
  const { read } = await blobServer((_, response) => response.end(wrong));
  const error = await rejection(read());
  expect(error).toMatchObject({ code: 'DIGEST_MISMATCH', kind: 'content' });
  expect(error.message).toContain(blob.digest);
  expect(error.message).toContain(digestOf(wrong));
});

test('storage behind a redirect never sees credentials; when its link has expired the registry is asked again', async () => {
  const links: string[] = [];
  const storage = await startServer((request, response) => {
    if (request.url === '/old?signature=s3cret' && links.length > 1) response.writeHead(403).end();
    else if (request.url?.startsWith('/old') === true) cut(response, 100_000);
    else serve(request, response);
  });
  const registry = await blobServer(
    (request, response, round) => {
      if (request.headers.authorization !== 'Basic dTpw') {
        response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
        return;
      }
      // The second answer gives the stale link once more.
      links.push(round < 4 ? '/old?signature=s3cret' : '/new?signature=s3cret');
      response.writeHead(307, { location: `${storage.origin}${links.at(-1)}` }).end();
    },
    { credentials: { find: () => Promise.resolve({ username: 'u', password: 'p', origin: 'the test' }) } },
  );
  expect((await registry.read()).equals(content)).toBe(true);
  expect(links).toHaveLength(3);
  expect(storage.requests.map(({ headers }) => headers.authorization)).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  expect(storage.requests.at(-1)?.headers.range).toBe('bytes=100000-299999');
  const stale = registry.retries.find(({ error }) => everythingShown(error).includes('403'))?.error;
  expect(stale).toMatchObject({ code: 'STORAGE_REFUSED' });
  expect(everythingShown(stale)).not.toContain('s3cret');
});

test('storage that wants a login gets none: its realm is not ours to answer', async () => {
  const stranger = await startServer((_, response) => response.end('{"token":"x"}'));
  const storage = await startServer((_, response) => {
    response.writeHead(401, { 'www-authenticate': `Bearer realm="${stranger.origin}/token"` }).end();
  });
  const credentials = {
    find: () => Promise.resolve({ username: 'u', password: 's3cret', origin: 'the test' }),
  };
  const { read } = await blobServer(
    (_, response) => response.writeHead(307, { location: storage.origin }).end(),
    { credentials },
  );
  expect(await rejection(read())).toMatchObject({ code: 'STORAGE_REFUSED', kind: 'network' });
  expect(stranger.requests).toHaveLength(0);
});

test('an answer of no use is not read to its end', async () => {
  const { promise: closed, resolve } = Promise.withResolvers<string>();
  const { read } = await blobServer((_, response) => {
    response.once('close', () => resolve('closed'));
    response.writeHead(200, { 'content-length': 1e12 }).write(content);
  });
  expect(await rejection(read())).toMatchObject({ code: 'SIZE_MISMATCH' });
  expect(await closed).toBe('closed');
});

test.each<[string, BlobRange, string | undefined]>([
  ['in the middle', { start: 10, end: 20 }, 'bytes=10-19'],
  ['from a byte on', { start: 299_990 }, 'bytes=299990-299999'],
  ['at the beginning', { start: 0, end: 1 }, 'bytes=0-0'],
  ['beyond the end', { start: 5, end: 1e9 }, 'bytes=5-299999'],
])('a range %s, whether or not the server knows ranges', async (_, range, header) => {
  const expected = content.subarray(range.start, range.end);
  const clever = await blobServer(serve);
  expect((await clever.read(range)).equals(expected)).toBe(true);
  expect(clever.requests[0]?.headers.range).toBe(header);
  const simple = await blobServer((_request, response) => response.end(content));
  expect((await simple.read(range)).equals(expected)).toBe(true);
});

test('an empty range asks nothing, an impossible one is a bug', async () => {
  const { read, requests } = await blobServer(serve);
  expect(await read({ start: blob.size })).toHaveLength(0);
  expect(requests).toHaveLength(0);
  await expect(read({ start: blob.size + 1 })).rejects.toBeInstanceOf(RangeError);
  await expect(read({ start: 5, end: 4 })).rejects.toBeInstanceOf(RangeError);
});

test('the empty blob', async () => {
  const { host } = await startServer((_, response) => response.end());
  const empty = { digest: digestOf(''), size: 0 };
  const blobs = pullingClient().client.blobs({ registry: host, repository: 'org/app' });
  expect(await readAll(await blobs.open(empty))).toHaveLength(0);
});

test('a missing blob is told when it is opened', async () => {
  const { blobs } = await blobServer((_, response) => {
    response.writeHead(404).end(JSON.stringify({ errors: [{ code: 'BLOB_UNKNOWN', message: 'gone' }] }));
  });
  const error = await rejection(blobs.open(blob));
  expect(error).toMatchObject({ code: 'BLOB_NOT_FOUND', kind: 'notFound' });
  expect(error.message).toContain(blob.digest);
  expect(error.message).toContain('BLOB_UNKNOWN: gone');
});

test('a download holds its place until its last byte, and gives it back when it is given up', async () => {
  const { blobs, requests } = await blobServer(serve, { concurrencyPerHost: 1 });
  const first = await blobs.open(blob);
  const second = blobs.open(blob);
  for await (const bytes of first) {
    expect(bytes.length).toBeGreaterThan(0);
    expect(requests).toHaveLength(1);
    break;
  }
  expect((await readAll(await second)).equals(content)).toBe(true);
  expect(requests).toHaveLength(2);
});

test('aborting ends a download with the reason, and frees its place', async () => {
  const reason = new Error('interrupted');
  const controller = new AbortController();
  const { blobs } = await blobServer(
    (request, response, round) => {
      if (round > 1) serve(request, response);
      else response.writeHead(200, { 'content-length': content.length }).write(content.subarray(0, 1000));
    },
    { concurrencyPerHost: 1 },
  );
  const reading = readAll(await blobs.open(blob, { signal: controller.signal }));
  controller.abort(reason);
  await expect(reading).rejects.toBe(reason);
  expect((await readAll(await blobs.open(blob))).equals(content)).toBe(true);
});

test('the size is asked by HEAD, and by GET where HEAD is refused', async () => {
  const { blobs, requests } = await blobServer(serve);
  expect(await blobs.sizeOf(blob.digest)).toBe(blob.size);
  expect(requests.map(({ method }) => method)).toEqual(['HEAD']);

  const storage = await startServer((request, response) => {
    if (request.method === 'HEAD') response.writeHead(403).end();
    else serve(request, response);
  });
  const redirecting = await blobServer((_, response) => {
    response.writeHead(307, { location: storage.origin }).end();
  });
  expect(await redirecting.blobs.sizeOf(blob.digest)).toBe(blob.size);

  const none = await blobServer((_, response) => response.writeHead(404).end());
  expect(await none.blobs.sizeOf(blob.digest)).toBeUndefined();
});
