import { describe, expect, test } from 'vitest';

import { PaletteEdgeError } from '../../src/errors.ts';
import type { BlobRange } from '../../src/oci/blob-access.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { startServer } from '../support/loopback-server.ts';
import { pushingClient } from '../support/pushing-client.ts';
import type { PushingClientOptions } from '../support/pushing-client.ts';
import { everythingShown, rejection } from '../support/rejection.ts';
import { noise } from '../support/sample-bundle.ts';
import { cutUpload, startUploadServer } from '../support/upload-server.ts';
import type { UploadServerOptions } from '../support/upload-server.ts';

const content = noise(3_000_000, 1);
const blob = { digest: digestOf(content), size: content.length };
const open = async (range?: BlobRange) => await Promise.resolve(pieces(range));

async function* pieces({ start, end = content.length }: BlobRange = { start: 0 }) {
  for (let at = start; at < end; at += 100_000)
    yield await Promise.resolve(content.subarray(at, Math.min(at + 100_000, end)));
}

async function upload(options: UploadServerOptions & PushingClientOptions = {}, mountFrom?: string) {
  const server = await startUploadServer(options);
  const { pusher, retries } = pushingClient(options);
  let told = 0;
  const repository = { registry: server.host, repository: 'org/app' };
  const pushing = pusher.pushBlob({
    repository,
    blob,
    mountFrom,
    open,
    onBytes: (count) => {
      told += count;
    },
  });
  // Whoever does not wait for it looks at the server only.
  pushing.catch(() => undefined);
  return { ...server, pushing, retries, told: () => told };
}

const methods = ({ requests }: { readonly requests: readonly { readonly method: string }[] }) =>
  requests.map(({ method }) => method);

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

describe('connections that break', () => {
  test('an upload goes on from the byte that the registry has', async () => {
    const server = await upload({
      behave: (exchange) => {
        if (exchange.request.method === 'PUT' && exchange.round === 1) cutUpload(exchange, 1_000_000);
        else exchange.serve();
      },
    });
    const report = await server.pushing;
    expect(server.blobs.get(blob.digest)?.equals(content)).toBe(true);
    expect(methods(server)).toEqual(['POST', 'PUT', 'GET', 'PATCH', 'PUT']);
    const [start] = server.requests[3]?.headers['content-range']?.split('-') ?? [];
    expect(Number(start)).toBeGreaterThanOrEqual(1_000_000);
    expect(report.bytesSent).toBeGreaterThanOrEqual(content.length);
    expect(server.told()).toBe(content.length);
    expect(server.retries[0]).toMatchObject({ attempt: 1, error: { code: 'CONNECTION_LOST' } });
  });

  test('an upload that is lost is begun anew', async () => {
    const server = await upload({
      behave: (exchange) => {
        if (exchange.request.method === 'PUT' && exchange.round === 1) cutUpload(exchange, 1_000_000);
        else if (exchange.request.method === 'GET') exchange.response.writeHead(404).end();
        else exchange.serve();
      },
    });
    await server.pushing;
    expect(methods(server)).toEqual(['POST', 'PUT', 'GET', 'POST', 'PUT']);
    expect(server.told()).toBe(content.length);
  });

  test('without progress the attempts run out', async () => {
    const server = await upload({
      behave: (exchange) => {
        if (exchange.request.method === 'PUT') exchange.request.socket.destroy();
        else exchange.serve();
      },
    });
    const error = await rejection(server.pushing);
    expect(error).toMatchObject({ code: 'CONNECTION_LOST', kind: 'network' });
    expect(error.message).toContain('tried 5 times');
  });

  test('a server that takes nothing any more is given up', async () => {
    const server = await startUploadServer({
      behave: ({ request, response, serve }) => {
        if (request.method === 'PUT' || request.method === 'PATCH') request.pause();
        else if (request.method === 'GET') response.writeHead(404).end();
        else serve();
      },
    });
    const { pusher } = pushingClient({ http: { idleTimeoutMs: 200 } });
    // More than the buffers of both sides hold.
    const piece = Buffer.alloc(1_000_000);
    async function* endless() {
      for (let count = 0; count < 100; count += 1) yield await Promise.resolve(piece);
    }
    const large = { digest: digestOf('large'), size: 100_000_000 };
    const repository = { registry: server.host, repository: 'org/app' };
    const pushing = pusher.pushBlob({
      repository,
      blob: large,
      open: async () => await Promise.resolve(endless()),
    });
    const error = await rejection(pushing);
    expect(error).toMatchObject({ code: 'CONNECTION_STALLED', kind: 'network' });
    expect(error.message).toContain('has taken nothing for 0.2 s');
  });
});

describe('answers of a registry in trouble', () => {
  test.each([500, 502, 503, 429])('%i to a PUT is tried again', async (status) => {
    const server = await upload({
      behave: ({ request, response, round, serve }) => {
        if (request.method === 'PUT' && round === 1) {
          request.resume();
          response.writeHead(status).end();
        } else serve();
      },
    });
    await server.pushing;
    expect(server.blobs.get(blob.digest)?.equals(content)).toBe(true);
    expect(server.retries).toHaveLength(1);
  });

  test('413 to what has no body is final, also after a body was refused', async () => {
    const server = await upload({
      behave: ({ request, response, round, serve }) => {
        request.resume();
        if (request.method === 'PUT' || (request.method === 'POST' && round === 2))
          response.writeHead(413).end('{"errors":[{"code":"DENIED","message":"quota"}]}');
        else if (request.method === 'POST' && round < 10) serve();
        // At last it gives way, so that this ends whatever the client does.
        else response.writeHead(request.method === 'POST' ? 400 : 404).end();
      },
    });
    const error = await rejection(server.pushing);
    expect(error).toMatchObject({ code: 'UNEXPECTED_STATUS' });
    expect(error.message).toContain('413');
    expect(error.message).toContain('quota');
    expect(methods(server)).toEqual(['POST', 'PUT', 'PATCH', 'GET', 'POST']);
  });

  test('400 is final, and its words are told', async () => {
    const server = await upload({
      behave: ({ request, response, serve }) => {
        request.resume();
        if (request.method === 'PUT')
          response.writeHead(400).end('{"errors":[{"code":"DIGEST_INVALID","message":"no"}]}');
        else serve();
      },
    });
    const error = await rejection(server.pushing);
    expect(error.code).toBe('UNEXPECTED_STATUS');
    expect(error.message).toContain('DIGEST_INVALID: no');
    expect(methods(server)).toEqual(['POST', 'PUT']);
  });

  test('another digest than the one sent is no success', async () => {
    const other = digestOf('other');
    const server = await upload({
      behave: ({ request, response, serve }) => {
        request.resume();
        if (request.method === 'PUT') response.writeHead(201, { 'docker-content-digest': other }).end();
        else serve();
      },
    });
    const error = await rejection(server.pushing);
    expect(error).toMatchObject({ code: 'DIGEST_MISMATCH', kind: 'content' });
    expect(error.message).toContain(other);
  });

  test('a repository that is not there: who has to create it is told', async () => {
    const server = await upload({ behave: ({ response }) => response.writeHead(404).end() });
    const error = await rejection(server.pushing);
    expect(error).toMatchObject({ code: 'REPOSITORY_NOT_FOUND', kind: 'notFound' });
    expect(error.suggestions[0]).toContain('Create the repository');
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

describe('logins', () => {
  const credential = { username: 'edge', password: 's3cret', origin: 'test' };

  /** Tokens are good for the scopes that they were asked for. */
  async function tokenRegistry() {
    const login = await startServer((request, response) => {
      const scope = new URL(request.url ?? '', 'http://login').searchParams.get('scope') ?? '';
      const token = Buffer.from(scope).toString('base64url');
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ token }));
    });
    const challenge = `Bearer realm="${login.origin}/token",service="x",scope="repository:org/app:pull"`;
    const granted = (header = '') => Buffer.from(header.replace('Bearer ', ''), 'base64url').toString();
    return { login, challenge, granted };
  }

  test('one token is asked for that is good for pushing, though the challenge of a read names pull', async () => {
    const { login, challenge, granted } = await tokenRegistry();
    const server = await startUploadServer({
      behave: ({ request, response, serve }) => {
        request.resume();
        if (granted(request.headers.authorization).includes('pull,push')) serve();
        else response.writeHead(401, { 'www-authenticate': challenge }).end();
      },
    });
    const { pusher } = pushingClient({ credential });
    const repository = { registry: server.host, repository: 'org/app' };
    expect(await pusher.hasBlob(repository, blob)).toBe(false);
    await pusher.pushBlob({ repository, blob, open });
    expect(login.requests).toHaveLength(1);
  });

  test('to mount, the token has to be good for the other repository, too', async () => {
    const { login, challenge, granted } = await tokenRegistry();
    const server = await startUploadServer({
      behave: ({ request, response, serve }) => {
        const scopes = granted(request.headers.authorization);
        const isMount = request.url?.includes('mount=') === true;
        const isAllowed =
          scopes.includes('org/app:pull,push') && (!isMount || scopes.includes('org/base:pull'));
        if (isAllowed) serve();
        else response.writeHead(401, { 'www-authenticate': challenge }).end();
      },
    });
    server.blobs.set(blob.digest, content);
    const { pusher } = pushingClient({ credential });
    const repository = { registry: server.host, repository: 'org/app' };
    await pusher.hasBlob(repository, { ...blob, digest: digestOf('none') });
    expect(await pusher.pushBlob({ repository, blob, mountFrom: 'org/base', open })).toMatchObject({
      how: 'mounted',
    });
    expect(login.requests).toHaveLength(2);
  });

  test('a token that expires in the middle is renewed, and the body sent once more', async () => {
    const { challenge, granted } = await tokenRegistry();
    const server = await upload({
      credential,
      behave: ({ request, response, round, serve }) => {
        const isExpired = request.method === 'PUT' && round === 1;
        if (!isExpired && granted(request.headers.authorization).includes('push')) serve();
        else {
          request.resume();
          response.writeHead(401, { 'www-authenticate': challenge }).end();
        }
      },
    });
    await server.pushing;
    expect(server.blobs.get(blob.digest)?.equals(content)).toBe(true);
    expect(server.told()).toBe(content.length);
  });
});
