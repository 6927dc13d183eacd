import { createHash } from 'node:crypto';
import type { RequestListener, ServerResponse } from 'node:http';

import { describe, expect, test } from 'vitest';

import type { HttpClient } from '../../src/http/http-client.ts';
import { S3Bucket } from '../../src/object-store/s3-bucket.ts';
import type { S3Settings } from '../../src/object-store/s3-settings.ts';
import { startServer } from '../support/loopback-server.ts';
import { everythingShown, rejection } from '../support/rejection.ts';
import { testHttpClient } from '../support/test-http-client.ts';

const { signal } = new AbortController();
const secrets = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  sessionToken: 'session-token-0123',
};

function httpFor(...hosts: readonly string[]): HttpClient {
  return testHttpClient({ plainHttpHosts: new Set(hosts) });
}

/** A server that answers as it is told, and a bucket in it. */
async function bucketAt(listener: RequestListener, more: readonly string[] = []) {
  const server = await startServer(listener);
  const settings: S3Settings = {
    credentials: secrets,
    region: 'eu-west-1',
    endpoint: new URL(server.origin),
  };
  const retries: string[] = [];
  const bucket = new S3Bucket(
    { bucket: 'bundles', prefix: 'edge' },
    {
      http: httpFor(server.host, ...more),
      settings,
      onRetry: ({ subject }) => retries.push(subject),
      retry: { sleep: async () => await Promise.resolve() },
    },
  );
  return { bucket, server, retries };
}

async function collected(content: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const bytes of content) pieces.push(bytes);
  return Buffer.concat(pieces).toString();
}

function errorDocument(code: string, more = ''): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>told so</Message>${more}</Error>`;
}

interface Answer {
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

function answer(response: ServerResponse, status: number, { text = '', headers = {} }: Answer = {}): void {
  response.writeHead(status, headers).end(text);
}

describe('a refusal', () => {
  test.each([
    ['AccessDenied', 403, 'ACCESS_DENIED', 'authentication'],
    ['NoSuchBucket', 404, 'S3_BUCKET_NOT_FOUND', 'notFound'],
    ['NoSuchKey', 404, 'S3_OBJECT_NOT_FOUND', 'notFound'],
    ['SignatureDoesNotMatch', 403, 'S3_KEYS_REFUSED', 'authentication'],
    ['InvalidAccessKeyId', 403, 'S3_KEYS_REFUSED', 'authentication'],
    ['ExpiredToken', 400, 'S3_KEYS_REFUSED', 'authentication'],
    ['RequestTimeTooSkewed', 403, 'S3_CLOCK_SKEWED', 'authentication'],
    ['InvalidArgument', 400, 'S3_REFUSED', 'network'],
    ['NotImplemented', 501, 'S3_REFUSED', 'network'],
  ])('%s is told at once, with the words of the server', async (code, status, ...[expected, kind]) => {
    const { bucket, server } = await bucketAt((_, response) =>
      answer(response, status, { text: errorDocument(code) }),
    );
    const error = await rejection(collected(bucket.get('a', {}, signal)));
    expect(error).toMatchObject({ code: expected, kind });
    expect(error.message).toContain('reading s3://bundles/edge/a');
    expect(error.message).toContain(`answered ${status} (${code}: told so)`);
    expect(server.requests).toHaveLength(1);
  });

  test.each([
    ['SlowDown', 503, 'SERVER_FAILURE'],
    ['InternalError', 500, 'SERVER_FAILURE'],
    // A body that came in too slowly, with a status that is else final.
    ['RequestTimeout', 400, 'S3_REFUSED'],
  ])('%s is asked again', async (code, status, expected) => {
    const { bucket, server, retries } = await bucketAt((_, response) =>
      answer(response, status, { text: errorDocument(code) }),
    );
    const error = await rejection(bucket.put('a', { body: Buffer.from('a') }, signal));
    expect(error).toMatchObject({ code: expected });
    expect(server.requests).toHaveLength(5);
    expect(retries).toEqual(Array.from({ length: 4 }, () => 'writing s3://bundles/edge/a'));
  });

  test('tells the region that a bucket is in', async () => {
    const inHeader = await bucketAt((_, response) =>
      answer(response, 301, {
        text: errorDocument('PermanentRedirect'),
        headers: { 'x-amz-bucket-region': 'us-west-2' },
      }),
    );
    const inBody = await bucketAt((_, response) =>
      answer(response, 400, {
        text: errorDocument('AuthorizationHeaderMalformed', '<Region>us-west-2</Region>'),
      }),
    );
    for (const { bucket } of [inHeader, inBody])
      expect(await rejection(bucket.readSmall('a', 1, signal))).toMatchObject({
        code: 'S3_REGION_WRONG',
        suggestions: ['Name its region: AWS_REGION=us-west-2'],
      });
  });

  test('repeats no key, whatever the server says', async () => {
    const { bucket } = await bucketAt((_, response) =>
      answer(response, 403, {
        text: `<Error><Code>SignatureDoesNotMatch</Code><Message>${Object.values(secrets).join(' ')}</Message></Error>`,
      }),
    );
    const shown = everythingShown(await rejection(collected(bucket.get('a', {}, signal))));
    for (const secret of Object.values(secrets)) expect(shown).not.toContain(secret);
    expect(shown).toContain('***');
  });

  test('without end is not read', async () => {
    const { bucket } = await bucketAt((_, response) =>
      answer(response, 403, { text: 'x'.repeat(1024 * 1024) }),
    );
    const error = await rejection(collected(bucket.get('a', {}, signal)));
    expect(error).toMatchObject({ code: 'ACCESS_DENIED' });
    expect(error.message.length).toBeLessThan(300);
  });
});

describe('a signed request', () => {
  test('goes to the path of the bucket, and says what is in the body', async () => {
    const { bucket, server } = await bucketAt((_, response) =>
      answer(response, 200, { headers: { etag: '"1"' } }),
    );
    await bucket.put('a b+c', { body: Buffer.from('hello') }, signal);
    const seen = server.requests.at(0);
    expect(seen?.url).toBe('/bundles/edge/a%20b%2Bc');
    expect(seen?.headers).toMatchObject({
      'x-amz-content-sha256': createHash('sha256').update('hello').digest('hex'),
      'x-amz-security-token': secrets.sessionToken,
      'content-length': '5',
    });
    expect(seen?.headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-west-1\/s3\/aws4_request, SignedHeaders=host;.*x-amz-security-token, Signature=[0-9a-f]{64}$/,
    );
    expect(JSON.stringify(seen)).not.toContain(secrets.secretAccessKey);
  });

  test('takes no key to where a redirect leads', async () => {
    const other = await startServer((_, response) => answer(response, 200, { text: 'from elsewhere' }));
    const { bucket } = await bucketAt(
      (_, response) => answer(response, 307, { headers: { location: `${other.origin}/bundles/edge/a` } }),
      [other.host],
    );
    expect(await rejection(collected(bucket.get('a', {}, signal)))).toMatchObject({
      code: 'S3_REGION_WRONG',
    });
    expect(other.requests).toHaveLength(1);
    const { headers } = other.requests[0] ?? {};
    expect(headers).not.toHaveProperty('authorization');
    expect(headers).not.toHaveProperty('x-amz-security-token');
  });

  test.each([
    ['bundles', 'eu-central-1', 'bundles.s3.eu-central-1.amazonaws.com'],
    ['bundles', 'cn-north-1', 'bundles.s3.cn-north-1.amazonaws.com.cn'],
    // Certificates of Amazon are for one label before s3.
    ['my.bundles', 'us-east-1', 's3.us-east-1.amazonaws.com'],
  ])('of %s in %s goes to %s of Amazon', (bucket, region, host) => {
    const settings: S3Settings = { credentials: secrets, region, endpoint: undefined };
    expect(new S3Bucket({ bucket, prefix: '' }, { http: httpFor(), settings }).host).toBe(host);
  });

  test('is not sent for a key that would climb', async () => {
    const { bucket, server } = await bucketAt((_, response) => answer(response, 200));
    for (const name of ['../a', 'a/../../b', './a', 'a//b', ''])
      expect(await rejection(bucket.head(name, signal))).toMatchObject({ code: 'S3_URL_INVALID' });
    expect(server.requests).toHaveLength(0);
  });
});

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
