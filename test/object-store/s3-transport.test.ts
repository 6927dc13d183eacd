import { createHash } from 'node:crypto';

import { describe, expect, test } from 'vitest';

import { S3Bucket } from '../../src/object-store/s3-bucket.ts';
import type { S3Settings } from '../../src/object-store/s3-settings.ts';
import { startServer } from '../support/loopback-server.ts';
import { everythingShown, rejection } from '../support/rejection.ts';
import { answer, bucketAt, collected, errorDocument, httpFor, secrets } from './bucket-at.ts';

const { signal } = new AbortController();

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
