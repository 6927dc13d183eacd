import { describe, expect, test } from 'vitest';

import type { S3Bucket } from '../../src/object-store/s3-bucket.ts';
import { rejection } from '../support/rejection.ts';
import { answer, bucketAt, collected, errorDocument } from './bucket-at.ts';

const { signal } = new AbortController();

describe('writing only where nothing is', () => {
  const put = async (bucket: S3Bucket) =>
    await bucket.put('a', { body: Buffer.from('a'), onlyIfAbsent: true }, signal);

  test('is tried again while somebody else writes there', async () => {
    let count = 0;
    const { bucket } = await bucketAt((_, response) => {
      count += 1;
      if (count < 3) answer(response, 409, { text: errorDocument('ConditionalRequestConflict') });
      else answer(response, 412, { text: errorDocument('PreconditionFailed') });
    });
    expect(await put(bucket)).toBe('present');
    expect(count).toBe(3);
  });

  test.each([
    [404, 'written', ['PUT', 'HEAD', 'PUT']],
    [200, 'present', ['PUT', 'HEAD']],
  ])('asks first where the server knows no conditions (%i)', async (status, outcome, methods) => {
    const { bucket, server } = await bucketAt(({ method, headers }, response) => {
      const isKnown = headers['if-none-match'] === undefined;
      answer(response, method === 'HEAD' ? status : isKnown ? 200 : 501, {
        headers: { 'content-length': '0' },
      });
    });
    expect(await put(bucket)).toBe(outcome);
    expect(server.requests.map(({ method }) => method)).toEqual(methods);
  });
});

describe('reading an object', () => {
  const content = '0123456789';

  test('goes on where the connection broke, of the same object', async () => {
    const { bucket, server, retries } = await bucketAt((request, response) => {
      const from = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
      const isWhole = request.headers.range === undefined;
      response.writeHead(isWhole ? 200 : 206, {
        etag: '"1"',
        'content-length': String(content.length - from),
        ...(isWhole ? {} : { 'content-range': `bytes ${from}-9/10` }),
      });
      // Half of what is missing, until there is no half.
      const part = content.slice(from, from + Math.max(1, Math.floor((content.length - from) / 2)));
      response.write(part, () =>
        from + part.length === content.length ? response.end() : response.destroy(),
      );
    });
    expect(await collected(bucket.get('a', {}, signal))).toBe(content);
    expect(server.requests.map(({ headers }) => headers.range)).toEqual([
      undefined,
      'bytes=5-',
      'bytes=7-',
      'bytes=8-',
      'bytes=9-',
    ]);
    expect(server.requests.slice(1).every(({ headers }) => headers['if-match'] === '"1"')).toBe(true);
    expect(retries).toHaveLength(4);
  });

  test.each([
    ['the whole object', 200, {}],
    ['another part', 206, { 'content-range': 'bytes 0-4/10' }],
    ['a part that it does not name', 206, {}],
  ])('is refused %s in place of a part', async (_, status, headers) => {
    const { bucket } = await bucketAt((__, response) => answer(response, status, { text: content, headers }));
    const reading = collected(bucket.get('a', { from: 5 }, signal));
    expect(await rejection(reading)).toMatchObject({ code: 'S3_ANSWER_INVALID' });
  });
});

describe('a listing', () => {
  test('is read page after page, without keys that nobody can ask for', async () => {
    const pages = [
      '<Contents><Key>edge/a%2Bb</Key><Size>1</Size></Contents><Contents><Key>edge/../x</Key><Size>1</Size></Contents>' +
        '<Contents><Key>other/c</Key><Size>1</Size></Contents><Contents><Key>edge/%</Key><Size>1</Size></Contents>' +
        '<IsTruncated>true</IsTruncated><NextContinuationToken>1</NextContinuationToken>',
      '<Contents><Key>edge/d</Key><Size>many</Size></Contents><Contents><Key>edge/e+f</Key><Size>2</Size></Contents>',
    ];
    const { bucket } = await bucketAt((request, response) => {
      const page = new URL(request.url ?? '', 'http://x').searchParams.get('continuation-token') ?? '0';
      answer(response, 200, {
        text: `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><EncodingType>url</EncodingType>${pages[Number(page)]}</ListBucketResult>`,
      });
    });
    const names: string[] = [];
    for await (const { name } of bucket.list('', signal)) names.push(name);
    expect(names).toEqual(['a+b', 'e f']);
  });

  test('without end comes to an end', async () => {
    const { bucket, server } = await bucketAt((_, response) =>
      answer(response, 200, {
        text: '<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>same</NextContinuationToken></ListBucketResult>',
      }),
    );
    const names: string[] = [];
    for await (const { name } of bucket.list('', signal)) names.push(name);
    expect(names).toEqual([]);
    expect(server.requests).toHaveLength(2);
  });

  test.each([
    '<html><body>Welcome</body></html>',
    'plain words',
    '',
    '<!DOCTYPE x [<!ENTITY a "b">]><ListBucketResult/>',
  ])('is refused when it is none: %s', async (text) => {
    const { bucket } = await bucketAt((_, response) => answer(response, 200, { text }));
    expect(await rejection(collected(asBytes(bucket)))).toMatchObject({ code: 'S3_ANSWER_INVALID' });
  });
});

/** The names of a listing. */
async function* asBytes(bucket: S3Bucket): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const { name } of bucket.list('', signal)) yield Buffer.from(name);
}

describe('completing an upload', () => {
  const parts = [{ number: 1, etag: '"<1>"', size: 5, sha256: undefined }];

  test('fails when the answer is 200 and an error, and is asked again', async () => {
    const { bucket, server } = await bucketAt((_, response) =>
      // Spaces keep the connection open as long as S3 works.
      answer(response, 200, { text: `   \n${errorDocument('InternalError')}` }),
    );
    const completing = bucket.uploads('a', signal).complete('id', parts);
    expect(await rejection(completing)).toMatchObject({ code: 'SERVER_FAILURE' });
    expect(server.requests).toHaveLength(5);
  });

  test('names its parts', async () => {
    let body = '';
    const { bucket } = await bucketAt((request, response) => {
      request.setEncoding('utf8').on('data', (text: string) => (body += text));
      request.on('end', () => answer(response, 200, { text: '<CompleteMultipartUploadResult/>' }));
    });
    await bucket.uploads('a', signal).complete('id', parts);
    expect(body).toContain('<Part><PartNumber>1</PartNumber><ETag>"&lt;1&gt;"</ETag></Part>');
  });
});
