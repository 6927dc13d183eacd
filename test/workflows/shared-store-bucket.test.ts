import { randomBytes } from 'node:crypto';
import { readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { S3Bucket } from '../../src/object-store/s3-bucket.ts';
import { readS3Settings } from '../../src/object-store/s3-settings.ts';
import type { BlobIdentity } from '../../src/oci/descriptor.ts';
import { digestHex } from '../../src/oci/digest.ts';
import { readWholeBlob } from '../../src/oci/read-whole-blob.ts';
import { sharedBucket } from '../../src/workflows/shared-store-bucket.ts';
import { startServer, unusedHost } from '../support/loopback-server.ts';
import { readAll } from '../support/pulling-client.ts';
import { everythingShown, rejection } from '../support/rejection.ts';
import { MemoryBlobs } from '../support/sample-images.ts';
import { s3Keys, startS3Server } from '../support/s3-server.ts';
import type { S3Server } from '../support/s3-server.ts';
import { testHttpClient } from '../support/test-http-client.ts';

const { signal } = new AbortController();
const mebibyte = 1024 * 1024;
const source = new MemoryBlobs();
const small = source.add('a small blob', 'application/octet-stream');
const large = source.add(randomBytes(11 * mebibyte), 'application/octet-stream');
const inParts = { wholeSize: mebibyte, partSize: 5 * mebibyte };
let server: S3Server;

beforeAll(async () => {
  server = await startS3Server();
});
afterAll(async () => await server.stop());

interface OtherBucket {
  readonly bucket?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

async function bucketAt(prefix: string, { bucket = server.bucket, environment = {} }: OtherBucket = {}) {
  const http = testHttpClient();
  const settings = await readS3Settings({
    environment: { ...server.environment, ...environment },
    homeFolder: '/nonexistent',
  });
  const retry = { sleep: async () => await Promise.resolve() };
  return new S3Bucket({ bucket, prefix }, { http, settings, retry });
}

const share = (blob: BlobIdentity, isReplacement = false) => ({ blob, source, isReplacement });

function pathOf(prefix: string, { digest }: BlobIdentity): string {
  return join(server.folder, prefix, 'blobs/sha256', digestHex(digest));
}

test('what is put in comes out, lies where an image layout has it, and is sent once', async () => {
  const shared = sharedBucket(await bucketAt('whole'));
  await shared.check(signal);
  expect(shared.name).toBe(`s3://${server.bucket}/whole`);
  expect(await shared.sizeOf(small.digest, signal)).toBeUndefined();
  expect(await shared.put(share(small), signal)).toBe(small.size);
  expect(await shared.put(share(small), signal)).toBe(0);
  expect(await shared.sizeOf(small.digest, signal)).toBe(small.size);
  expect(Buffer.from(await readWholeBlob(shared, small, signal))).toEqual(source.get(small.digest));
  expect(await readFile(pathOf('whole', small))).toEqual(source.get(small.digest));
});

test('a blob that is not there is told when it is opened', async () => {
  const shared = sharedBucket(await bucketAt('empty'));
  await expect(shared.open(small, { range: { start: 0 }, signal })).rejects.toMatchObject({
    code: 'BLOB_NOT_FOUND',
    kind: 'notFound',
  });
});

test('large ones go in parts, and come from any byte on', async () => {
  const shared = sharedBucket(await bucketAt('parts'), inParts);
  expect(await shared.put(share(large), signal)).toBe(large.size);
  const range = { start: 5 * mebibyte - 1 };
  const rest = await readAll(await shared.open(large, { range, signal }));
  expect(rest.equals(source.get(large.digest).subarray(range.start))).toBe(true);
});

test.each([
  ['in one piece', small, undefined],
  ['in parts', large, inParts],
])('what is not the blob does not appear when it is sent %s', async (_, blob, limits) => {
  const bucket = await bucketAt('wrong');
  const shared = sharedBucket(bucket, limits);
  const damaged = Buffer.from(source.get(blob.digest));
  // Whatever byte it is, another one.
  damaged.writeUInt8(damaged.readUInt8(blob.size - 1) ^ 1, blob.size - 1);
  // oxlint-disable-next-line typescript/require-await -- the seam takes async iterables
  async function* content() {
    yield damaged;
  }
  const broken = {
    sizeOf: async () => await Promise.resolve(blob.size),
    open: async () => await Promise.resolve(content()),
  };
  await rejection(shared.put({ blob, source: broken, isReplacement: false }, signal));
  expect(await shared.sizeOf(blob.digest, signal)).toBeUndefined();
  // Parts would be paid for.
  expect(await bucket.uploads(`blobs/sha256/${digestHex(blob.digest)}`, signal).list()).toEqual([]);
});

test('an upload that was put together, of which the answer was lost, is one', async () => {
  let isThere = false;
  const begun = '<InitiateMultipartUploadResult><UploadId>one</UploadId></InitiateMultipartUploadResult>';
  const answers: Readonly<Record<string, (response: ServerResponse) => void>> = {
    'HEAD ': (response) =>
      isThere
        ? response.writeHead(200, { 'content-length': large.size }).end()
        : response.writeHead(404).end(),
    'POST uploads': (response) => response.end(begun),
    'PUT partNumber': (response) => response.setHeader('etag', '"part"').end(),
    'POST uploadId': (response) => {
      if (isThere) response.writeHead(404).end('<Error><Code>NoSuchUpload</Code></Error>');
      else response.destroy();
      isThere = true;
    },
    'DELETE uploadId': (response) => response.writeHead(204).end(),
  };
  const { origin } = await startServer((request, response) => {
    const [, query = ''] = /[?](\w+)/.exec(request.url ?? '') ?? [];
    request.resume().on('end', () => answers[`${request.method} ${query}`]?.(response));
  });
  const shared = sharedBucket(
    await bucketAt('lost', { environment: { AWS_ENDPOINT_URL_S3: origin } }),
    inParts,
  );
  expect(await shared.put(share(large), signal)).toBe(large.size);
});

test('wrong bytes are told as such, and replaced', async () => {
  const shared = sharedBucket(await bucketAt('damaged'));
  await shared.put(share(small), signal);
  await writeFile(pathOf('damaged', small), 'a smell blob');
  expect(await rejection(readWholeBlob(shared, small, signal))).toMatchObject({ code: 'DIGEST_MISMATCH' });
  await shared.put(share(small, true), signal);
  expect(await readFile(pathOf('damaged', small))).toEqual(source.get(small.digest));
});

test('an object of another size is no blob, however large', async () => {
  const shared = sharedBucket(await bucketAt('sizes'));
  await shared.put(share(small), signal);
  await truncate(pathOf('sizes', small), small.size - 1);
  expect(await rejection(readWholeBlob(shared, small, signal))).toMatchObject({ kind: 'content' });
  expect(await shared.put(share(small), signal)).toBe(small.size);
  await writeFile(pathOf('sizes', large), Buffer.alloc(20 * mebibyte));
  const content = await readAll(await shared.open(large, { range: { start: 0 }, signal }));
  expect(content).toHaveLength(large.size);
});

test.each([
  ['a bucket that is not there', { bucket: 'nobody' }, 'S3_BUCKET_NOT_FOUND'],
  ['a wrong key', { environment: { AWS_SECRET_ACCESS_KEY: 'wrong' } }, 'S3_KEYS_REFUSED'],
] as const)('%s is told before anything is done', async (_, options, code) => {
  const error = await rejection(sharedBucket(await bucketAt('x', options)).check(signal));
  expect(error.code).toBe(code);
  expect(everythingShown(error)).not.toContain(s3Keys.secretAccessKey);
});

test('a server that is not there is a failure of the network', async () => {
  const bucket = await bucketAt('x', {
    environment: { AWS_ENDPOINT_URL_S3: `http://${await unusedHost()}` },
  });
  expect(await rejection(sharedBucket(bucket).check(signal))).toMatchObject({ kind: 'network' });
});

test('an upload that is interrupted leaves nothing to see', async () => {
  const shared = sharedBucket(await bucketAt('stopped'));
  const stop = new AbortController();
  const stopping = {
    sizeOf: async () => await Promise.resolve(large.size),
    open: async () => {
      stop.abort();
      return await source.open(large);
    },
  };
  const put = shared.put({ blob: large, source: stopping, isReplacement: false }, stop.signal);
  await expect(put).rejects.toThrow(/aborted/);
  expect(await shared.sizeOf(large.digest, signal)).toBeUndefined();
  expect(await readdir(join(server.folder, 'stopped')).catch(() => [])).toEqual([]);
});
