import type { IncomingMessage, ServerResponse } from 'node:http';

import { describe, expect, test } from 'vitest';

import { S3Bucket } from '../../src/object-store/s3-bucket.ts';
import { s3Source } from '../../src/workflows/fetch-from-s3.ts';
import { startServer } from '../support/loopback-server.ts';
import { rejection } from '../support/rejection.ts';
import { testHttpClient } from '../support/test-http-client.ts';

const { signal } = new AbortController();

/** What a server says of the manifest of that name above, and of what is below. */
interface Answers {
  readonly manifest: readonly [number, string];
  readonly listing: readonly [number, string];
}

const failure = (code: string): string => `<Error><Code>${code}</Code><Message>told so</Message></Error>`;
const denied = [403, failure('AccessDenied')] as const;
const listed = [
  200,
  '<ListBucketResult><Contents><Key>edge/core.tar.zst.manifest.json</Key><Size>9</Size></Contents>' +
    '<CommonPrefixes><Prefix>edge/store/</Prefix></CommonPrefixes></ListBucketResult>',
] as const;
const nothing = [200, '<ListBucketResult></ListBucketResult>'] as const;

async function sourceAt({ manifest, listing }: Answers) {
  const server = await startServer((request: IncomingMessage, response: ServerResponse) => {
    const [status, text] = (request.url ?? '').includes('list-type=2') ? listing : manifest;
    // Answers to HEAD have no body that could say more.
    response.writeHead(status).end(request.method === 'HEAD' ? undefined : text);
  });
  const http = testHttpClient({ plainHttpHosts: new Set([server.host]) });
  const credentials = { accessKeyId: 'id', secretAccessKey: 'secret', sessionToken: undefined };
  const options = {
    http,
    settings: { credentials, region: 'us-east-1', endpoint: new URL(server.origin) },
    retry: { sleep: async () => await Promise.resolve() },
  };
  const open = (prefix: string) => new S3Bucket({ bucket: 'bundles', prefix }, options);
  return { opening: s3Source('edge', open, signal), server };
}

describe('a URL of a bucket', () => {
  test.each([
    ['SignatureDoesNotMatch', 403, 'S3_KEYS_REFUSED'],
    ['ExpiredToken', 400, 'S3_KEYS_REFUSED'],
    ['RequestTimeTooSkewed', 403, 'S3_CLOCK_SKEWED'],
  ])('where the first answer is %s says so', async (code, status, expected) => {
    const { opening } = await sourceAt({ manifest: [status, failure(code)], listing: denied });
    expect(await rejection(opening)).toMatchObject({ code: expected });
  });

  test('is a prefix for keys that may read only what is below it', async () => {
    const { opening, server } = await sourceAt({ manifest: denied, listing: listed });
    expect(await (await opening).names(signal)).toEqual(['core.tar.zst']);
    // What is in folders below may be millions of objects.
    expect(server.requests.at(-1)?.url).toContain('delimiter=%2F');
  });

  test.each([
    ['may not be listed', denied],
    ['holds nothing', nothing],
  ])('that may not be read, and %s, is denied under the name that was given', async (_, listing) => {
    const { opening } = await sourceAt({ manifest: denied, listing });
    const error = await rejection((await opening).names(signal));
    expect(error).toMatchObject({ code: 'ACCESS_DENIED', kind: 'authentication' });
    expect(error.message).toContain('s3://bundles/edge.manifest.json');
  });

  test('where nothing is has no bundles', async () => {
    const { opening } = await sourceAt({ manifest: [404, failure('NoSuchKey')], listing: nothing });
    expect(await (await opening).names(signal)).toEqual([]);
  });
});
