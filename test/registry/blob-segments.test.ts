import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';

import { expect, onTestFinished, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import type { AheadLimits } from '../../src/registry/blob-ahead.ts';
import { askedRange, serveBlob, startBlobServer } from '../support/blob-server.ts';
import { startServer } from '../support/loopback-server.ts';
import { pullingClient, readAll } from '../support/pulling-client.ts';
import { rejection } from '../support/rejection.ts';

const segment = 32 * 1024;
const ahead: AheadLimits = {
  threshold: 2 * segment,
  segmentSize: segment,
  lonelySize: 4 * segment,
  enoughBytesPerSecond: undefined,
  memory: 3 * segment,
};
const content = randomBytes(20 * segment + 5);
const serve = serveBlob(content);
const blob = { digest: digestOf(content), size: content.length };

test('parts arrive side by side and come out in order', async () => {
  const { gate, open } = heldUntil(3);
  const { read, requests } = await startBlobServer(
    content,
    (request, response, round) => {
      // The later a part is, the sooner it is answered.
      if (round === 1) serve(request, response);
      else gate(() => serve(request, response));
    },
    { ahead },
  );
  const reading = read();
  await open;
  expect((await reading).equals(content)).toBe(true);
  const starts = requests.map(({ headers }) => headers.range);
  expect(starts).toHaveLength(21);
  expect(new Set(starts).size).toBe(21);
  expect(starts[0]).toBe(`bytes=0-${segment - 1}`);
});

test('a range of a blob is fetched in parts too, and ends where it ends', async () => {
  const { read, requests } = await startBlobServer(content, serve, { ahead });
  const range = { start: 7, end: 10 * segment };
  expect((await read(range)).equals(content.subarray(range.start, range.end))).toBe(true);
  expect(requests.length).toBeGreaterThan(5);
});

test('with a place for one, requests are few and large', async () => {
  const { read, requests } = await startBlobServer(content, serve, { ahead, concurrencyPerHost: 1 });
  expect((await read()).equals(content)).toBe(true);
  expect(requests.map(({ headers }) => headers.range)).toEqual(
    [0, 4, 8, 12, 16, 20].map(
      (first) => `bytes=${first * segment}-${Math.min(content.length, (first + 4) * segment) - 1}`,
    ),
  );
});

test('without memory nothing is fetched ahead; up to the threshold a blob is one plain request', async () => {
  const off = await startBlobServer(content, serve, { ahead: { ...ahead, memory: 0 } });
  expect((await off.read()).equals(content)).toBe(true);
  expect(off.requests).toHaveLength(6);
  const below = await startBlobServer(content, serve, { ahead: { ...ahead, threshold: content.length } });
  expect((await below.read()).equals(content)).toBe(true);
  expect(below.requests.map(({ headers }) => headers.range)).toEqual([undefined]);
});

test('connections cut in any part: every byte is sent once', async () => {
  const seen = new Set<string>();
  let sent = 0;
  const { read, requests } = await startBlobServer(
    content,
    (request, response) => {
      const [start, end] = askedRange(request, content.length);
      const isResumed = seen.has(String(end));
      seen.add(String(end));
      // The first answer for each part ends after half of it.
      const half = content.subarray(start, isResumed ? end : start + Math.ceil((end - start) / 2));
      sent += half.length;
      partHead(response, start, end);
      response.write(half, () => (isResumed ? response.end() : response.destroy()));
    },
    { ahead },
  );
  expect((await read()).equals(content)).toBe(true);
  expect(requests).toHaveLength(42);
  expect(sent).toBe(content.length);
});

test('a part that fails ahead for good is read when it is its turn, and no other one is read twice', async () => {
  const rounds = new Map<number, number>();
  const { read } = await startBlobServer(
    content,
    (request, response) => {
      const [start] = askedRange(request, content.length);
      const round = (rounds.get(start) ?? 0) + 1;
      rounds.set(start, round);
      if (start === 2 * segment && round === 1) response.writeHead(404).end();
      else serve(request, response);
    },
    { ahead },
  );
  expect((await read()).equals(content)).toBe(true);
  expect(rounds.get(2 * segment)).toBe(2);
  expect([...rounds.values()].filter((count) => count > 1)).toHaveLength(1);
});

test('an error that lasts ends the download with it', async () => {
  const { read } = await startBlobServer(
    content,
    (request, response) => {
      const [start] = askedRange(request, content.length);
      if (start === 3 * segment) response.writeHead(404).end();
      else serve(request, response);
    },
    { ahead },
  );
  expect(await rejection(read())).toMatchObject({ code: 'BLOB_NOT_FOUND', kind: 'notFound' });
});

test('a server that knows no ranges is asked once, and the next blob without a range', async () => {
  const { read, requests } = await startBlobServer(
    content,
    (_, response) => response.writeHead(200, { 'content-length': content.length }).end(content),
    { ahead },
  );
  expect((await read()).equals(content)).toBe(true);
  expect((await read()).equals(content)).toBe(true);
  expect(requests.map(({ headers }) => headers.range)).toEqual([`bytes=0-${segment - 1}`, undefined]);
});

test('a server that forgets ranges in the middle costs one beginning, not one for each part', async () => {
  const { read, requests } = await startBlobServer(
    content,
    (request, response, round) => {
      if (round <= 2) serve(request, response);
      else response.writeHead(200, { 'content-length': content.length }).end(content);
    },
    { ahead },
  );
  expect((await read()).equals(content)).toBe(true);
  // The first part, two or three ahead, and one to the end.
  expect(requests.length).toBeLessThanOrEqual(6);
});

test('no more is fetched ahead than memory allows, for all blobs together', async () => {
  const { blobs, requests } = await startBlobServer(content, serve, { ahead, concurrencyPerHost: 20 });
  const readers = [];
  for (let count = 0; count < 3; count += 1) {
    const reader = (await blobs.open(blob, { range: { start: 0 } }))[Symbol.asyncIterator]();
    readers.push(reader);
    await reader.next();
    await reader.next();
  }
  // A round trip after everything that reading the first pieces began.
  await blobs.sizeOf(blob.digest);
  const asked = requests.filter(
    ({ method, headers }) => method === 'GET' && headers.range !== 'bytes=0-32767',
  );
  const bytes = asked.map(({ headers }) => headers.range ?? '').map(lengthOf);
  expect(bytes.reduce((sum, length) => sum + length, 0)).toBeLessThanOrEqual(ahead.memory + 2 * 4 * segment);
  for (const reader of readers) await reader.return?.();
});

test('who waits for a place comes before further parts', async () => {
  const other = Buffer.from('a small blob');
  const { promise: asked, resolve: tell } = Promise.withResolvers<ServerResponse>();
  let hasOther = false;
  const besideOther: number[] = [];
  const { host } = await startServer((request, response) => {
    if (request.url?.endsWith(digestOf(other)) === true) {
      hasOther = true;
      tell(response);
      return;
    }
    if (hasOther) besideOther.push(lengthOf(request.headers.range ?? ''));
    serve(request, response);
  });
  const { client } = pullingClient({ ahead, concurrencyPerHost: 2 });
  const blobs = client.blobs({ registry: host, repository: 'org/app' });
  const large = await blobs.open(blob);
  const small = blobs.open({ digest: digestOf(other), size: other.length });
  const reading = readAll(large);
  const answer = await asked;
  expect((await reading).equals(content)).toBe(true);
  // One of its parts may have been under way; the rest comes in requests for one place.
  expect(besideOther.filter((length) => length === segment).length).toBeLessThan(2);
  expect(besideOther).toContain(4 * segment);
  answer.end(other);
  expect((await readAll(await small)).equals(other)).toBe(true);
});

test.each(['aborted', 'left'])(
  'a download that is %s ends every connection and gives every place back',
  async (how) => {
    const closed: Promise<unknown>[] = [];
    const { gate, open } = heldUntil(3);
    const controller = new AbortController();
    let isOver = false;
    const { blobs } = await startBlobServer(
      content,
      (request, response, round) => {
        if (isOver) {
          gateAll(() => serve(request, response));
          return;
        }
        const [start, end] = askedRange(request, content.length);
        closed.push(once(response, 'close'));
        partHead(response, start, end);
        response.write(content.subarray(start, start + 100));
        if (round > 1) gate(() => undefined);
      },
      { ahead, concurrencyPerHost: 4 },
    );
    const { gate: gateAll } = heldUntil(4);
    const reader = (await blobs.open(blob, { signal: controller.signal }))[Symbol.asyncIterator]();
    await reader.next();
    await open;
    const reason = how === 'aborted' ? new Error('interrupted') : undefined;
    const ending = reason === undefined ? reader.return?.() : reader.next();
    if (reason !== undefined) controller.abort(reason);
    expect(
      await Promise.resolve(ending).then(
        () => undefined,
        (error: unknown) => error,
      ),
    ).toBe(reason);
    await Promise.all(closed);
    isOver = true;
    // Four at once, or the server never answers.
    const again = [1, 2, 3, 4].map(
      async () => await readAll(await blobs.open(blob, { range: { start: blob.size - 9 } })),
    );
    expect(await Promise.all(again)).toHaveLength(4);
  },
);

/** Holds back what it is given until so many have come; then it lets them go, the last one first. */
function heldUntil(count: number) {
  const waiting: (() => void)[] = [];
  const { promise: open, resolve } = Promise.withResolvers<void>();
  let isOpen = false;
  const gate = (go: () => void): void => {
    if (isOpen) {
      go();
      return;
    }
    waiting.unshift(go);
    if (waiting.length < count) return;
    isOpen = true;
    for (const release of waiting) release();
    resolve();
  };
  onTestFinished(() => expect(isOpen).toBe(true));
  return { gate, open };
}

function partHead(response: ServerResponse, start: number, end: number): void {
  response.writeHead(206, {
    'content-length': end - start,
    'content-range': `bytes ${start}-${end - 1}/${content.length}`,
  });
}

function lengthOf(range: string): number {
  const [first = 0, last = 0] = range.replace('bytes=', '').split('-').map(Number);
  return last + 1 - first;
}

test('parts that are ahead give their places up to a host that asks to slow down: nobody waits for ever', async () => {
  const { read, requests } = await startBlobServer(
    content,
    (request, response, round) => {
      if (round % 2 === 0) response.writeHead(429).end();
      else serve(request, response);
    },
    { ahead, concurrencyPerHost: 4 },
  );
  const copies = await Promise.all([read(), read(), read(), read()]);
  expect(copies.every((copy) => copy.equals(content))).toBe(true);
  expect(requests.length).toBeGreaterThan(8);
});
