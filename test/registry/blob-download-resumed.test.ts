import { randomBytes } from 'node:crypto';

import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import { askedRange, cutBlob, serveBlob, startBlobServer } from '../support/blob-server.ts';
import type { BlobBehaviour } from '../support/blob-server.ts';
import { readAll } from '../support/pulling-client.ts';
import type { PullingClientOptions } from '../support/pulling-client.ts';
import { rejection } from '../support/rejection.ts';

const content = randomBytes(300_000);

const blob = { digest: digestOf(content), size: content.length };

const serve = serveBlob(content);

const cut = cutBlob(content);

const blobServer = async (behave: BlobBehaviour, options?: PullingClientOptions) =>
  await startBlobServer(content, behave, options);

test('a body cut off goes on from its last byte with a closed range', async () => {
  const { read, requests, retries } = await blobServer((request, response, round) => {
    if (round === 1) cut(response, 100_000);
    else serve(request, response);
  });
  expect((await read()).equals(content)).toBe(true);
  expect(requests.map(({ headers }) => headers.range)).toEqual([undefined, 'bytes=100000-299999']);
  expect(retries[0]).toMatchObject({ attempt: 1, error: { code: 'CONNECTION_LOST' } });
});

test('progress starts the count of attempts anew: thirty cuts are survived', async () => {
  const { read, requests, waits } = await blobServer((request, response) => {
    const [start] = askedRange(request, content.length);
    response.writeHead(start === 0 ? 200 : 206, {
      'content-length': content.length - start,
      'content-range': `bytes ${start}-299999/300000`,
    });
    const last = start + 10_000 >= content.length;
    response.write(content.subarray(start, start + 10_000), () =>
      last ? response.end() : response.destroy(),
    );
  });
  expect((await read()).equals(content)).toBe(true);
  expect(requests).toHaveLength(30);
  expect(new Set(waits)).toEqual(new Set([500]));
});

test('without progress the attempts run out', async () => {
  const { read, requests, waits } = await blobServer((_, response) => cut(response, 0));
  const error = await rejection(read());
  expect(error).toMatchObject({ code: 'CONNECTION_LOST', kind: 'network' });
  expect(error.message).toContain('tried 5 times');
  expect(requests).toHaveLength(5);
  expect(waits).toEqual([500, 1000, 2000, 4000]);
});

test('a server that knows no ranges sends again what is skipped', async () => {
  const { read, requests } = await blobServer((_, response, round) => {
    if (round === 1) cut(response, 100_000);
    else response.writeHead(200, { 'content-length': content.length }).end(content);
  });
  expect((await read()).equals(content)).toBe(true);
  expect(requests).toHaveLength(2);
});

test.each([
  ['starts elsewhere', 'bytes 99999-299999/300000'],
  ['has an unknown total', 'bytes 100000-299999/*'],
  ['is missing', undefined],
])('a 206 whose Content-Range %s is not used: the blob is asked for as a whole', async (_, contentRange) => {
  const { read, requests } = await blobServer((request, response, round) => {
    if (round === 1) cut(response, 100_000);
    else if (round === 2) {
      response
        .writeHead(206, contentRange === undefined ? {} : { 'content-range': contentRange })
        .end('wrong');
    } else serve(request, response);
  });
  expect((await read()).equals(content)).toBe(true);
  expect(requests.map(({ headers }) => headers.range)).toEqual([undefined, 'bytes=100000-299999', undefined]);
});

test('a 206 of a blob with another total is a content error', async () => {
  const { read } = await blobServer((_, response, round) => {
    if (round === 1) cut(response, 100_000);
    else response.writeHead(206, { 'content-range': 'bytes 100000-299999/300001' }).end();
  });
  expect(await rejection(read())).toMatchObject({ code: 'SIZE_MISMATCH', kind: 'content' });
});

test('a range answered in short pieces is asked for on and on', async () => {
  const { read, requests } = await blobServer((request, response) => {
    const [start, end] = askedRange(request, content.length);
    if (request.headers.range === undefined) {
      cut(response, 1);
      return;
    }
    const last = Math.min(start + 100_000, end) - 1;
    response
      .writeHead(206, {
        'content-range': `bytes ${start}-${last}/300000`,
        'content-length': last + 1 - start,
      })
      .end(content.subarray(start, last + 1));
  });
  expect((await read()).equals(content)).toBe(true);
  expect(requests).toHaveLength(4);
});

test('a server that stops sending is left for a new connection', async () => {
  const { read, requests } = await blobServer(
    (request, response, round) => {
      if (round === 1) {
        response.writeHead(200, { 'content-length': content.length }).write(content.subarray(0, 100_000));
      } else serve(request, response);
    },
    { http: { idleTimeoutMs: 50 } },
  );
  expect((await read()).equals(content)).toBe(true);
  expect(requests[1]?.headers.range).toBe('bytes=100000-299999');
});

test('overload is waited out as long as the server asks', async () => {
  const { read, waits, retries, host } = await blobServer((request, response, round) => {
    if (round === 1) cut(response, 100_000);
    else if (round === 2) response.writeHead(429, { 'retry-after': '7' }).end();
    else if (round === 3) response.writeHead(503).end();
    else serve(request, response);
  });
  expect((await read()).equals(content)).toBe(true);
  expect(waits).toEqual([500, 7000, 1000]);
  expect(retries[1]).toMatchObject({ registry: host, error: { code: 'TOO_MANY_REQUESTS' } });
  expect(retries[1]?.subject).toContain(blob.digest);
});

test('a 416 to a resume falls back to the whole blob; one with another total is a content error', async () => {
  const odd = await blobServer((request, response, round) => {
    if (round === 1) cut(response, 100_000);
    else if (round === 2) response.writeHead(416).end();
    else serve(request, response);
  });
  expect((await odd.read()).equals(content)).toBe(true);
  const shorter = await blobServer((_, response, round) => {
    if (round === 1) cut(response, 100_000);
    else response.writeHead(416, { 'content-range': 'bytes */100000' }).end();
  });
  expect(await rejection(shorter.read())).toMatchObject({ code: 'SIZE_MISMATCH' });
});

test('a connection lost after the last byte is no loss', async () => {
  const { read, requests } = await blobServer((_, response) => {
    response.writeHead(200);
    response.write(content, () => response.destroy());
  });
  expect((await read()).equals(content)).toBe(true);
  expect(requests).toHaveLength(1);
});

test('whatever a connection does, the bytes are right or there is an error', async () => {
  let rounds: readonly { after: number; ranges: boolean; status: number }[] = [];
  let round = 0;
  const { blobs } = await blobServer((request, response) => {
    const plan = rounds.at(round);
    round += 1;
    if (plan === undefined) {
      serve(request, response);
    } else if (plan.status !== 200) {
      response.writeHead(plan.status).end();
    } else {
      const [start] = plan.ranges ? askedRange(request, content.length) : [0];
      const body = content.subarray(start, start + plan.after);
      const contentRange = { 'content-range': `bytes ${start}-299999/300000` };
      response.writeHead(start > 0 ? 206 : 200, {
        ...(start > 0 ? contentRange : {}),
        'content-length': content.length - start,
      });
      response.write(body, () => response.destroy());
    }
  });
  const rounded = fc.record({
    after: fc.integer({ min: 1, max: content.length - 1 }),
    ranges: fc.boolean(),
    status: fc.constantFrom(200, 200, 200, 429, 500),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(rounded, { maxLength: 4 }), async (plan) => {
      rounds = plan;
      round = 0;
      expect((await readAll(await blobs.open(blob))).equals(content)).toBe(true);
    }),
    { numRuns: 60 },
  );
});
