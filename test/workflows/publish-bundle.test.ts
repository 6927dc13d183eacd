import { createHash } from 'node:crypto';
import { appendFile, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';

import { describe, expect, test } from 'vitest';

import { PaletteEdgeError } from '../../src/errors.ts';
import { hashHere } from '../../src/io/hash-thread.ts';
import { S3Bucket } from '../../src/object-store/s3-bucket.ts';
import { publishBundle } from '../../src/workflows/publish-bundle.ts';
import type { PublishTarget } from '../../src/workflows/publish-target.ts';
import { s3Target } from '../../src/workflows/publish-to-s3.ts';
import { startServer } from '../support/loopback-server.ts';
import { rejection } from '../support/rejection.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { testHttpClient } from '../support/test-http-client.ts';

const { signal } = new AbortController();
const bundle = 'a.tar.zst';
const listener = { onReading: () => undefined, onSending: () => undefined, onBytes: () => undefined };

async function publish(path: string, target: PublishTarget, replaces = false) {
  const resources = { openTarget: () => target, hasher: hashHere, concurrency: 2, listener };
  return await publishBundle({ path, replaces }, resources, signal);
}

async function bundleIn(folder: string, text: string): Promise<string> {
  const path = join(folder, bundle);
  await writeFile(path, Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), Buffer.from(text)]));
  return path;
}

/** A place where nothing is, which does this while files are sent. */
function placeThat(send: PublishTarget['send']) {
  let isPublished = false;
  const target: PublishTarget = {
    url: 'test://place',
    pieceSize: (size) => size,
    publishedDigest: async () => await Promise.resolve(undefined),
    stateOf: async () => await Promise.resolve('missing' as const),
    withdraw: async () => await Promise.resolve(),
    send,
    publish: async () => await Promise.resolve(void (isPublished = true)),
  };
  return { target, isPublished: () => isPublished };
}

describe('a file that is changed while it is published', () => {
  test('is told, whatever the place says of its bytes', async () => {
    const path = await bundleIn(await temporaryFolder(), 'first');
    const { target } = placeThat(async () => {
      await appendFile(path, 'more');
      throw new PaletteEdgeError('S3_REFUSED', 'another digest', { kind: 'network' });
    });
    const error = await rejection(publish(path, target));
    expect(error).toMatchObject({ code: 'FILE_CHANGED', kind: 'content' });
    expect(error.message).toContain(path);
  });

  test('is not made known, although the place took what was read', async () => {
    const path = await bundleIn(await temporaryFolder(), 'first');
    const { target, isPublished } = placeThat(async () => await appendFile(path, 'more'));
    expect(await rejection(publish(path, target))).toMatchObject({ code: 'FILE_CHANGED' });
    expect(isPublished()).toBe(false);
  });

  test('is not what a failing place is blamed on', async () => {
    const path = await bundleIn(await temporaryFolder(), 'first');
    const failure = new PaletteEdgeError('SERVER_FAILURE', 'it fails', { kind: 'network' });
    const { target } = placeThat(async () => await Promise.reject(failure));
    expect(await rejection(publish(path, target))).toBe(failure);
  });
});

/** Keeps objects of any names, as S3 does. */
function objectServer() {
  const objects = new Map<string, { readonly bytes: Buffer; readonly sha256: string }>();
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const name = decodeURIComponent((request.url ?? '').slice('/bundles/edge/'.length));
    const bytes = await buffer(request);
    const there = objects.get(name);
    if (request.method === 'PUT')
      objects.set(name, { bytes, sha256: createHash('sha256').update(bytes).digest('hex') });
    if (request.method === 'DELETE') objects.delete(name);
    if (request.method === 'PUT' || request.method === 'DELETE') response.end();
    else if (there === undefined)
      response
        .writeHead(404)
        .end(request.method === 'GET' ? '<Error><Code>NoSuchKey</Code></Error>' : undefined);
    else
      response
        .writeHead(200, { 'content-length': there.bytes.length, 'x-amz-meta-sha256': there.sha256 })
        .end(request.method === 'GET' ? there.bytes : undefined);
  };
  return { objects, answer };
}

describe('a bucket', () => {
  test('keeps no file of what is replaced, and nothing else is taken away', async () => {
    const { objects, answer } = objectServer();
    const server = await startServer((request, response) => void answer(request, response));
    const http = testHttpClient({ plainHttpHosts: new Set([server.host]) });
    const credentials = { accessKeyId: 'id', secretAccessKey: 'secret', sessionToken: undefined };
    const settings = { credentials, region: 'us-east-1', endpoint: new URL(server.origin) };
    const bucket = new S3Bucket({ bucket: 'bundles', prefix: 'edge' }, { http, settings });
    const target = s3Target({ bucket, bundle, concurrency: 2 });
    const folder = await temporaryFolder();
    await writeFile(join(folder, `${bundle}.sig`), '{"signatures":[]}\n');
    await publish(await bundleIn(folder, 'first'), target);
    const unknown = { bytes: Buffer.from('x'), sha256: '' };
    objects.set(`${bundle}.age`, unknown);
    await rm(join(folder, `${bundle}.sig`));
    const path = await bundleIn(folder, 'second');
    expect(await rejection(publish(path, target))).toMatchObject({ code: 'PUBLISHED_ALREADY' });
    expect([...objects.keys()]).toContain(`${bundle}.sig`);
    await publish(path, target, true);
    expect([...objects.keys()].toSorted()).toEqual([bundle, `${bundle}.age`, `${bundle}.manifest.json`]);
  });
});
