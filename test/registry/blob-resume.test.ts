import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';

import { expect, test } from 'vitest';

import { askedRange, cutBlob, serveBlob, startBlobServer } from '../support/blob-server.ts';
import type { BlobBehaviour } from '../support/blob-server.ts';
import { rejection } from '../support/rejection.ts';

const content = randomBytes(300_000);
const serve = serveBlob(content);
const cut = cutBlob(content);
const rest = content.subarray(100_000);

test.each<[string, Record<string, string | number>, Buffer]>([
  ['ends beyond the blob', { 'content-range': 'bytes 100000-300000/300000' }, rest],
  [
    'is shorter than its body',
    { 'content-range': 'bytes 100000-199999/300000', 'content-length': 200_000 },
    rest,
  ],
  [
    'is longer than its body',
    { 'content-range': 'bytes 100000-299999/300000', 'content-length': 5 },
    rest.subarray(0, 5),
  ],
  ['ends before it begins', { 'content-range': 'bytes 100000-99999/300000' }, rest],
  ['is in another unit', { 'content-range': 'items 100000-299999/300000' }, rest],
])('a 206 whose Content-Range %s is not believed', async (_, headers, body) => {
  const { read, requests } = await startBlobServer(
    content,
    afterCut((response) => void response.writeHead(206, headers).end(body)),
  );
  expect((await read()).equals(content)).toBe(true);
  expect(requests.map(({ headers: { range } }) => range)).toEqual([
    undefined,
    'bytes=100000-299999',
    undefined,
  ]);
});

test('an answer in several parts is not believed', async () => {
  const { read, requests } = await startBlobServer(
    content,
    afterCut((response) => {
      const part = `--x\r\ncontent-range: bytes 100000-299999/300000\r\n\r\n`;
      response
        .writeHead(206, { 'content-type': 'multipart/byteranges; boundary=x' })
        .end(Buffer.concat([Buffer.from(part), rest, Buffer.from('\r\n--x--')]));
    }),
  );
  expect((await read()).equals(content)).toBe(true);
  expect(requests).toHaveLength(3);
});

test('a 416 for bytes that the blob has falls back to the whole blob', async () => {
  const { read, requests } = await startBlobServer(
    content,
    afterCut((response) => void response.writeHead(416, { 'content-range': 'bytes */300000' }).end()),
  );
  expect((await read()).equals(content)).toBe(true);
  expect(requests).toHaveLength(3);
});

test('a server that only answers 416 ends in a clear error', async () => {
  const { read } = await startBlobServer(content, (_, response, round) => {
    if (round === 1) cut(response, 100_000);
    else response.writeHead(416).end();
  });
  const error = await rejection(read());
  expect(error).toMatchObject({ code: 'UNEXPECTED_RANGE', kind: 'network' });
  expect(error.message).toContain('answered 416');
});

test('more bytes than a range has are not taken for bytes of the blob', async () => {
  const { read } = await startBlobServer(content, (request, response, round) => {
    if (round === 1) cut(response, 100_000);
    else if (round === 2) {
      // Without a length the body may be of any.
      response
        .writeHead(206, { 'content-range': 'bytes 100000-199999/300000' })
        .end(Buffer.concat([content.subarray(100_000, 200_000), Buffer.alloc(50_000, 'x')]));
    } else serve(request, response);
  });
  expect((await read()).equals(content)).toBe(true);
});

test('a range that goes on beyond what was asked for is cut where that ends', async () => {
  const { read, requests } = await startBlobServer(content, (request, response) => {
    const [start] = askedRange(request, content.length);
    response.writeHead(206, { 'content-range': `bytes ${start}-299999/300000` }).end(content.subarray(start));
  });
  const range = { start: 10, end: 20_000 };
  expect((await read(range)).equals(content.subarray(10, 20_000))).toBe(true);
  expect(requests).toHaveLength(1);
});

test.each([
  ['longer than', 400_000],
  ['shorter than', 200_000],
])('a length %s the body that follows is no loss of bytes', async (_, length) => {
  const { read } = await startBlobServer(content, (request, response, round) => {
    if (round === 1) cut(response, 100_000);
    else if (round === 2) {
      const head = `HTTP/1.1 206 Partial\r\ncontent-range: bytes 100000-299999/300000\r\ncontent-length: ${length}\r\n\r\n`;
      response.socket?.end(Buffer.concat([Buffer.from(head), rest]));
    } else serve(request, response);
  });
  expect((await read()).equals(content)).toBe(true);
});

test('a server that always starts over and always breaks off is given up, after a bounded number of bytes', async () => {
  const large = randomBytes(20_000_000);
  let sent = 0;
  const { read } = await startBlobServer(large, (_, response) => {
    response.writeHead(200, { 'content-length': large.length });
    const body = large.subarray(0, large.length * 0.6);
    sent += body.length;
    response.write(body, () => response.destroy());
  });
  const error = await rejection(read());
  expect(error).toMatchObject({ code: 'RESUME_UNSUPPORTED', kind: 'network' });
  expect(error.message).toContain('from its beginning');
  expect(error.suggestions).toHaveLength(1);
  expect(sent).toBeLessThanOrEqual(3 * 0.6 * large.length);
});

test('a server that starts over is given up even when it gets a little further each time', async () => {
  const large = randomBytes(20_000_000);
  let until = 0;
  const { read, requests } = await startBlobServer(large, (_, response) => {
    until += 1_000_000;
    response.writeHead(200, { 'content-length': large.length });
    response.write(large.subarray(0, until), () => response.destroy());
  });
  expect(await rejection(read())).toMatchObject({ code: 'RESUME_UNSUPPORTED' });
  // 1 + 2 + … + 6 MB again are more than the blob has.
  expect(requests.length).toBeLessThanOrEqual(7);
});

test.each([
  ['breaks off after it', (response: ServerResponse, start: number) => cutPart(response, start, 299_999)],
  [
    'calls it a range',
    (response: ServerResponse, start: number) => {
      response
        .writeHead(206, { 'content-range': `bytes ${start}-${start}/300000` })
        .end(content.subarray(start, start + 1));
    },
  ],
])('a server that gives a byte at a time and %s makes no progress', async (_, answer) => {
  const { read, requests } = await startBlobServer(content, (request, response) => {
    answer(response, askedRange(request, content.length)[0]);
  });
  expect(await rejection(read())).toMatchObject({ code: 'CONNECTION_LOST' });
  expect(requests).toHaveLength(5);
});

test('an encoding that is only claimed leaves the blob as it is, also in a range', async () => {
  const { read, requests } = await startBlobServer(content, (request, response, round) => {
    response.setHeader('content-encoding', 'gzip');
    if (round === 1) cut(response, 100_000);
    else serve(request, response);
  });
  expect((await read()).equals(content)).toBe(true);
  expect(requests.map(({ headers }) => headers.range)).toEqual([undefined, 'bytes=100000-299999']);
});

test.each([
  ['with its length', true],
  ['without its length', false],
])('a blob that was encoded on the way is decoded, %s', async (_, hasLength) => {
  const encoded = gzipSync(content);
  const { read } = await startBlobServer(content, (_request, response) => {
    response.writeHead(200, {
      'content-encoding': 'gzip',
      ...(hasLength ? { 'content-length': encoded.length } : {}),
    });
    response.end(encoded);
  });
  expect((await read()).equals(content)).toBe(true);
});

test('a blob that is encoded on the way is never gone on with by range, only from its beginning', async () => {
  const encoded = gzipSync(content);
  const { read, requests } = await startBlobServer(content, (_, response, round) => {
    response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': encoded.length });
    if (round === 1) response.write(encoded.subarray(0, 200_000), () => response.destroy());
    else response.end(encoded);
  });
  expect((await read()).equals(content)).toBe(true);
  expect(requests.map(({ headers }) => headers.range)).toEqual([undefined, undefined]);
});

test('a range of something encoded is not believed', async () => {
  const { read, requests } = await startBlobServer(
    content,
    afterCut((response) => {
      response
        .writeHead(206, { 'content-encoding': 'gzip', 'content-range': 'bytes 100000-200000/200001' })
        .end(gzipSync(rest).subarray(0, 100_001));
    }),
  );
  expect((await read()).equals(content)).toBe(true);
  expect(requests).toHaveLength(3);
});

test('what comes out of a decoder is not more than the blob has', async () => {
  const bomb = gzipSync(Buffer.alloc(50_000_000));
  const { read } = await startBlobServer(content, (_, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
  });
  expect(await rejection(read())).toMatchObject({ code: 'SIZE_MISMATCH', kind: 'content' });
});

/** The first answer breaks off after 100,000 bytes, the second one is the test's, then all is well. */
function afterCut(second: (response: ServerResponse) => void): BlobBehaviour {
  return (request: IncomingMessage, response: ServerResponse, round: number) => {
    if (round === 1) cut(response, 100_000);
    else if (round === 2) second(response);
    else serve(request, response);
  };
}

/** Promises a range, gives its first byte, and breaks off. */
function cutPart(response: ServerResponse, start: number, last: number): void {
  response.writeHead(206, {
    'content-range': `bytes ${start}-${last}/300000`,
    'content-length': last + 1 - start,
  });
  response.write(content.subarray(start, start + 1), () => response.destroy());
}
