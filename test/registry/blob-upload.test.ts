import { describe, expect, test } from 'vitest';

import { PaletteEdgeError } from '../../src/errors.ts';
import type { BlobRange } from '../../src/oci/blob-access.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { pushingClient } from '../support/pushing-client.ts';
import { everythingShown, rejection } from '../support/rejection.ts';
import { startUploadServer } from '../support/upload-server.ts';
import type { UploadServerOptions } from '../support/upload-server.ts';
import { blob, content, methods, open, pieces, upload } from './upload.ts';

test('a blob is one POST and one PUT of its bytes', async () => {
  const server = await upload();
  expect(await server.pushing).toEqual({ how: 'uploaded', bytesSent: content.length });
  expect(server.blobs.get(blob.digest)?.equals(content)).toBe(true);
  expect(methods(server)).toEqual(['POST', 'PUT']);
  expect(server.requests[0]?.url).toBe('/v2/org/app/blobs/uploads/');
  expect(server.requests[1]?.headers).toMatchObject({
    'content-length': '3000000',
    'content-type': 'application/octet-stream',
  });
  expect(server.told()).toBe(content.length);
});

test('a blob without bytes has a body without bytes', async () => {
  const server = await startUploadServer();
  const { pusher } = pushingClient();
  const empty = { digest: digestOf(''), size: 0 };
  const nothing = async () => await Promise.resolve(pieces({ start: 0, end: 0 }));
  const repository = { registry: server.host, repository: 'org/app' };
  await pusher.pushBlob({ repository, blob: empty, open: nothing });
  expect(server.blobs.get(empty.digest)).toHaveLength(0);
  expect(server.requests[1]?.headers['content-length']).toBe('0');
});

describe('content whose first piece takes its time', () => {
  /** Content that can be read when it is released, and tells when nobody reads it any more. */
  function slowContent() {
    const asked = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const state = { reads: 0, ended: 0 };
    async function* slow(range?: BlobRange) {
      state.reads += 1;
      asked.resolve();
      try {
        await gate.promise;
        yield* pieces(range);
      } finally {
        state.ended += 1;
      }
    }
    return { state, asked, gate, open: async (range?: BlobRange) => await Promise.resolve(slow(range)) };
  }

  test.each([
    ['whole', Infinity],
    ['in chunks', 2 ** 20],
  ])('is waited for before a body is begun, %s', async (_, largest) => {
    const server = await startUploadServer({
      behave: ({ request, response, serve }) => {
        const isTooLarge = Number(request.headers['content-length']) > largest;
        if (isTooLarge) response.writeHead(413, { connection: 'close' }).end();
        else serve();
      },
    });
    const { state, asked, gate, open: openSlow } = slowContent();
    const { pusher } = pushingClient();
    const repository = { registry: server.host, repository: 'org/app' };
    const pushing = pusher.pushBlob({ repository, blob, open: openSlow });
    await asked.promise;
    // Another blob gets there meanwhile: what would be sent has been sent.
    const empty = { digest: digestOf(''), size: 0 };
    const nothing = async () => await Promise.resolve(pieces({ start: 0, end: 0 }));
    await pusher.pushBlob({ repository, blob: empty, open: nothing });
    expect(methods(server).filter((method) => method === 'PUT')).toHaveLength(1);
    gate.resolve();
    expect(await pushing).toMatchObject({ how: 'uploaded' });
    expect(server.blobs.get(blob.digest)?.equals(content)).toBe(true);
    expect(state.ended).toBe(state.reads);
  });

  test('is not read on when nobody sends it', async () => {
    const { state, gate, open: openSlow } = slowContent();
    gate.resolve();
    const { host } = await startUploadServer({
      behave: ({ request, response, serve }) => {
        if (request.method === 'PUT') response.writeHead(403, { connection: 'close' }).end();
        else serve();
      },
    });
    const { pusher } = pushingClient();
    const repository = { registry: host, repository: 'org/app' };
    await rejection(pusher.pushBlob({ repository, blob, open: openSlow }));
    expect(state.reads).toBeGreaterThan(0);
    expect(state.ended).toBe(state.reads);
  });

  test('that cannot be read is told, and nothing of it is sent', async () => {
    const server = await startUploadServer();
    const { pusher } = pushingClient();
    const repository = { registry: server.host, repository: 'org/app' };
    const damage = new PaletteEdgeError('RECIPE_MISMATCH', 'damaged', { kind: 'content' });
    const broken = async (): Promise<never> => await Promise.reject(damage);
    expect(await rejection(pusher.pushBlob({ repository, blob, open: broken }))).toBe(damage);
    expect(methods(server)).toEqual(['POST']);
  });
});

describe('mounting', () => {
  test('a blob that can be mounted is not sent', async () => {
    const server = await startUploadServer();
    server.blobs.set(blob.digest, content);
    const { pusher } = pushingClient();
    const repository = { registry: server.host, repository: 'org/app' };
    const report = await pusher.pushBlob({ repository, blob, mountFrom: 'org/base', open });
    expect(report).toEqual({ how: 'mounted', bytesSent: 0 });
    expect(server.requests.map(({ url }) => url)).toEqual([
      `/v2/org/app/blobs/uploads/?mount=${blob.digest}&from=org%2Fbase`,
    ]);
  });

  test('202 is no mount: the upload goes on where it was begun', async () => {
    const server = await upload({}, 'org/base');
    expect(await server.pushing).toMatchObject({ how: 'uploaded' });
    expect(methods(server)).toEqual(['POST', 'PUT']);
  });

  test('a mount that is refused is tried without', async () => {
    const server = await upload(
      {
        behave: ({ request, response, serve }) => {
          if (request.url?.includes('mount=') === true) response.writeHead(403).end();
          else serve();
        },
      },
      'org/base',
    );
    expect(await server.pushing).toMatchObject({ how: 'uploaded' });
    expect(server.requests.map(({ url }) => url).slice(0, 2)).toEqual([
      expect.stringContaining('mount='),
      '/v2/org/app/blobs/uploads/',
    ]);
  });
});

describe('Location', () => {
  test('its query is kept letter by letter', async () => {
    const query = '_state=a%2Bb+c~%7E&x=%3D&sig=A/B=';
    const server = await upload({ locationOf: (path) => `${path}?${query}` });
    await server.pushing;
    expect(server.requests[1]?.url).toContain(`?${query}&digest=sha256%3A`);
  });

  test('at another origin it gets no credentials', async () => {
    const storage = await startUploadServer();
    const password = 's3cret';
    const server = await upload({
      credential: { username: 'edge', password, origin: 'test' },
      behave: ({ request, response }) => {
        if (request.headers.authorization === undefined)
          response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
        else response.writeHead(202, { location: `${storage.origin}/v2/org/app/blobs/uploads/none` }).end();
      },
    });
    const error = await rejection(server.pushing);
    // The upload is not known there, and so it is begun anew, to the end of all attempts.
    expect(error.code).toBe('UPLOAD_LOST');
    expect(storage.requests.length).toBeGreaterThan(0);
    expect(storage.requests.every(({ headers }) => headers.authorization === undefined)).toBe(true);
    expect(everythingShown(error)).not.toContain(password);
  });

  test('a redirect of the body to another origin is followed without credentials', async () => {
    const storage = await startUploadServer();
    storage.uploads.set('1', { pieces: [] });
    const server = await upload({
      credential: { username: 'edge', password: 's3cret', origin: 'test' },
      behave: ({ request, response, serve }) => {
        if (request.headers.authorization === undefined)
          response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
        else if (request.method === 'PUT')
          response
            .writeHead(307, {
              location: `${storage.origin}/v2/org/app/blobs/uploads/1?${request.url?.split('?')[1]}`,
            })
            .end();
        else serve();
      },
    });
    await server.pushing;
    expect(storage.blobs.has(blob.digest)).toBe(true);
    expect(storage.requests[0]?.headers.authorization).toBeUndefined();
  });

  test('without one there is no upload', async () => {
    const server = await upload({ behave: ({ response }) => response.writeHead(202).end() });
    expect(await rejection(server.pushing)).toMatchObject({ code: 'UPLOAD_INVALID', kind: 'network' });
  });
});

describe('bodies that are refused for their size', () => {
  const limited = (limit: number): UploadServerOptions => ({
    behave: ({ request, response, serve }) => {
      if (Number(request.headers['content-length'] ?? 0) <= limit) serve();
      else {
        request.resume();
        response.writeHead(413).end();
      }
    },
  });

  test('are sent in chunks that are small enough, and the next ones at once', async () => {
    const server = await upload(limited(1_048_576));
    expect(await server.pushing).toMatchObject({ how: 'uploaded' });
    expect(server.blobs.get(blob.digest)?.equals(content)).toBe(true);
    const ranges = server.requests.map(({ headers }) => headers['content-range']).filter(Boolean);
    expect(ranges).toEqual(['0-1048575', '1048576-2097151', '2097152-2999999']);
    expect(methods(server)).toEqual(['POST', 'PUT', 'PATCH', 'PATCH', 'PATCH', 'PUT']);
    expect(server.retries).toEqual([]);
  });

  test('201 to a chunk, as of ECR, is an answer', async () => {
    const server = await upload({ ...limited(1_048_576), patchStatus: 201 });
    await server.pushing;
    expect(server.blobs.has(blob.digest)).toBe(true);
  });

  test('where nothing is small enough it is told which limit to raise', async () => {
    const server = await upload(limited(1000));
    const error = await rejection(server.pushing);
    expect(error).toMatchObject({ code: 'BODY_REFUSED', kind: 'network' });
    expect(error.suggestions.join()).toContain('client_max_body_size');
  });

  test('where the smallest chunk is larger than what is let through, too', async () => {
    const server = await upload({ ...limited(1000), beginHeaders: { 'oci-chunk-min-length': '2000000' } });
    expect(await rejection(server.pushing)).toMatchObject({ code: 'BODY_REFUSED' });
  });
});

test('a source that fails is told as it is, without another try', async () => {
  const server = await startUploadServer();
  const { pusher, retries } = pushingClient();
  const broken = new Error('the frame is damaged');
  async function* failing() {
    yield await Promise.resolve(content.subarray(0, 1000));
    throw broken;
  }
  const repository = { registry: server.host, repository: 'org/app' };
  const pushing = pusher.pushBlob({ repository, blob, open: async () => await Promise.resolve(failing()) });
  await expect(pushing).rejects.toBe(broken);
  expect(retries).toEqual([]);
  expect(server.blobs.size).toBe(0);
});
