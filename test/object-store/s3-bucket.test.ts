import { createHash, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { S3Bucket } from '../../src/object-store/s3-bucket.ts';
import { readS3Settings } from '../../src/object-store/s3-settings.ts';
import { unusedHost } from '../support/loopback-server.ts';
import { everythingShown, rejection } from '../support/rejection.ts';
import { s3Keys, startS3Server } from '../support/s3-server.ts';
import type { S3Server } from '../support/s3-server.ts';
import { testHttpClient } from '../support/test-http-client.ts';

let server: S3Server;
const { signal } = new AbortController();
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

beforeAll(async () => {
  server = await startS3Server();
});
afterAll(async () => await server.stop());

/** The bucket of the server, below a prefix of its own. */
async function bucketOf(
  prefix: string,
  environment: Readonly<Record<string, string>> = {},
  name = server.bucket,
) {
  const http = testHttpClient({ plainHttpHosts: new Set(['127.0.0.1', server.host]) });
  const settings = await readS3Settings({
    environment: { ...server.environment, ...environment },
    homeFolder: '/nonexistent',
  });
  return new S3Bucket(
    { bucket: name, prefix },
    { http, settings, retry: { sleep: async () => await Promise.resolve() } },
  );
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

async function collected(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await all(content));
}

function streamed(bytes: Uint8Array) {
  return {
    length: bytes.length,
    open: async function* open() {
      for (let start = 0; start < bytes.length; start += 60_000)
        yield await Promise.resolve(bytes.subarray(start, start + 60_000));
    },
  };
}

describe('objects', () => {
  test('are written and read, whole and in part', async () => {
    const bucket = await bucketOf('objects');
    const bytes = randomBytes(300_000);
    expect(await bucket.head('a', signal)).toBeUndefined();
    expect(await bucket.put('a', { body: streamed(bytes), sha256: sha256(bytes) }, signal)).toBe('written');
    const head = await bucket.head('a', signal);
    expect(head).toMatchObject({ size: bytes.length, sha256: sha256(bytes) });
    expect((await collected(bucket.get('a', {}, signal))).equals(bytes)).toBe(true);
    const middle = await collected(bucket.get('a', { from: 1000, to: 2000, etag: head?.etag }, signal));
    expect(middle.equals(bytes.subarray(1000, 2000))).toBe(true);
    expect((await collected(bucket.get('a', { from: 299_999 }, signal))).equals(bytes.subarray(-1))).toBe(
      true,
    );
    expect(await collected(bucket.get('a', { from: bytes.length }, signal))).toHaveLength(0);
  });

  test('of which no digest is known are taken as they come', async () => {
    const bucket = await bucketOf('unsigned');
    const bytes = randomBytes(10);
    await bucket.put('a', { body: streamed(bytes) }, signal);
    expect(await bucket.head('a', signal)).toMatchObject({ size: 10, sha256: undefined });
    expect((await collected(bucket.get('a', {}, signal))).equals(bytes)).toBe(true);
  });

  test('do not appear when they are not what their digest says', async () => {
    const bucket = await bucketOf('damaged');
    const bytes = randomBytes(70_000);
    const putting = bucket.put('a', { body: streamed(bytes), sha256: sha256(randomBytes(1)) }, signal);
    expect(await rejection(putting)).toMatchObject({ code: 'S3_REFUSED' });
    expect(await bucket.head('a', signal)).toBeUndefined();
  });

  test('are written once, when that is asked for', async () => {
    const bucket = await bucketOf('once');
    const put = async (text: string) =>
      await bucket.put('a', { body: Buffer.from(text), onlyIfAbsent: true }, signal);
    expect([await put('first'), await put('second')]).toEqual(['written', 'present']);
    expect(Buffer.from((await bucket.readSmall('a', 10, signal)) ?? []).toString()).toBe('first');
  });

  test('have names that URLs have other uses for', async () => {
    const bucket = await bucketOf("odd + 100% (x)!'*");
    const names = ['a+b', 'a b', 'ü/ä?x=1&y', '#1', '%2F', 'c:d@e,f;g=$h~'];
    for (const name of names) await bucket.put(name, { body: Buffer.from(name) }, signal);
    for (const name of names) expect((await collected(bucket.get(name, {}, signal))).toString()).toBe(name);
    const listed = await all(bucket.list('', signal));
    expect(listed.map(({ name }) => name)).toEqual(names.toSorted());
  });

  test('are listed below their prefix, and removed', async () => {
    const bucket = await bucketOf('listed');
    await (await bucketOf('listed-too')).put('x', { body: Buffer.from('x') }, signal);
    const names = Array.from({ length: 12 }, (_, index) => `n/${String(index).padStart(4, '0')}`);
    for (const name of names) await bucket.put(name, { body: Buffer.from(name) }, signal);
    const listed = await all(bucket.list('n/', signal));
    expect(listed.map(({ name }) => name)).toEqual(names);
    expect(listed[0]).toMatchObject({ size: 6 });
    expect(listed[0]?.modified).toBeGreaterThan(Date.UTC(2020, 0));
    await bucket.delete('n/0000', signal);
    await bucket.delete('n/0000', signal);
    expect((await all(bucket.list('', signal))).map(({ name }) => name)).toEqual(names.slice(1));
  });

  test('are not read on when they have become others', async () => {
    const bucket = await bucketOf('changed');
    await bucket.put('a', { body: Buffer.from('one') }, signal);
    const head = await bucket.head('a', signal);
    await bucket.put('a', { body: Buffer.from('two') }, signal);
    const reading = collected(bucket.get('a', { etag: head?.etag }, signal));
    expect(await rejection(reading)).toMatchObject({ code: 'S3_OBJECT_CHANGED', kind: 'content' });
  });

  test('may be too large to be small', async () => {
    const bucket = await bucketOf('large');
    await bucket.put('a', { body: Buffer.alloc(11) }, signal);
    expect(await rejection(bucket.readSmall('a', 10, signal))).toMatchObject({ code: 'RESPONSE_TOO_LARGE' });
    expect(await bucket.readSmall('b', 10, signal)).toBeUndefined();
  });
});

describe('uploads in parts', () => {
  const size = 5 * 1024 * 1024;
  const bytes = randomBytes(size + 100);
  const [head, tail] = [bytes.subarray(0, size), bytes.subarray(size)];
  const first = { number: 1, body: head, sha256: sha256(head) };
  const second = { number: 2, body: tail, sha256: sha256(tail) };

  test('go on where they stopped, and appear at the end', async () => {
    const bucket = await bucketOf('parts');
    const before = bucket.uploads('a', signal);
    const id = await before.start(sha256(bytes));
    await before.uploadPart(id, first);
    await (await bucketOf('parts')).uploads('ab', signal).start(sha256(bytes));

    const uploads = (await bucketOf('parts')).uploads('a', signal);
    const underWay = await uploads.list();
    expect(underWay.map(({ uploadId }) => uploadId)).toEqual([id]);
    const known = await uploads.parts(id);
    expect(known).toHaveLength(1);
    expect(known[0]).toMatchObject({
      number: 1,
      size,
      sha256: Buffer.from(first.sha256, 'hex').toString('base64'),
    });
    expect(await bucket.head('a', signal)).toBeUndefined();
    await uploads.complete(id, [...known, await uploads.uploadPart(id, second)]);
    expect(await bucket.head('a', signal)).toMatchObject({ size: bytes.length, sha256: sha256(bytes) });
    expect((await collected(bucket.get('a', {}, signal))).equals(bytes)).toBe(true);
    expect(await rejection(uploads.parts(id))).toMatchObject({ code: 'S3_UPLOAD_NOT_FOUND' });
  });

  test('are forgotten when they are given up', async () => {
    const uploads = (await bucketOf('aborted')).uploads('a', signal);
    const id = await uploads.start(sha256(bytes));
    await uploads.abort(id);
    await uploads.abort(id);
    expect(await uploads.list()).toEqual([]);
  });

  test('take no part that is not what its digest says', async () => {
    const uploads = (await bucketOf('wrong')).uploads('a', signal);
    const id = await uploads.start(sha256(bytes));
    const wrong = uploads.uploadPart(id, {
      number: 1,
      body: streamed(randomBytes(100)),
      sha256: sha256(bytes),
    });
    expect(await rejection(wrong)).toMatchObject({ code: 'S3_REFUSED' });
    expect(await uploads.parts(id)).toEqual([]);
  });
});

describe('failures', () => {
  test('of a bucket that is not there', async () => {
    const bucket = await bucketOf('x', {}, 'no-such-bucket');
    const listing = all(bucket.list('', signal));
    expect(await rejection(listing)).toMatchObject({ code: 'S3_BUCKET_NOT_FOUND', kind: 'notFound' });
    expect(await rejection(bucket.readSmall('a', 1, signal))).toMatchObject({ code: 'S3_BUCKET_NOT_FOUND' });
  });

  test('of keys that are not accepted, without the keys', async () => {
    const secret = 'another-secret-key';
    const wrong = await bucketOf('x', { AWS_SECRET_ACCESS_KEY: secret });
    const error = await rejection(all(wrong.list('', signal)));
    expect(error).toMatchObject({ code: 'S3_KEYS_REFUSED', kind: 'authentication' });
    const unknown = await bucketOf('x', { AWS_ACCESS_KEY_ID: 'unknown-key' });
    const second = await rejection(all(unknown.list('', signal)));
    expect(second).toMatchObject({ code: 'S3_KEYS_REFUSED' });
    const shown = everythingShown(error) + everythingShown(second);
    for (const word of [secret, 'unknown-key', s3Keys.secretAccessKey]) expect(shown).not.toContain(word);
  });

  test('of the wrong region name the right one', async () => {
    const bucket = await bucketOf('x', { AWS_REGION: 'eu-west-1' });
    const error = await rejection(all(bucket.list('', signal)));
    expect(error).toMatchObject({
      code: 'S3_REGION_WRONG',
      suggestions: ['Name its region: AWS_REGION=us-east-1'],
    });
  });

  test('of a server that is not there', async () => {
    const bucket = await bucketOf('x', { AWS_ENDPOINT_URL_S3: `http://${await unusedHost()}` });
    expect(await rejection(bucket.head('a', signal))).toMatchObject({ code: 'CONNECTION_REFUSED' });
  });
});

test('objects that others put there are read, and have no digest', async () => {
  await writeFile(join(server.folder, 'loose'), 'loose');
  const bucket = await bucketOf('');
  expect(await bucket.head('loose', signal)).toMatchObject({ size: 5, sha256: undefined });
});
