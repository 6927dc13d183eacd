import type { RequestListener } from 'node:http';

import { describe, expect, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { startServer } from '../support/loopback-server.ts';
import { pushingClient } from '../support/pushing-client.ts';
import { rejection } from '../support/rejection.ts';

const bytes = Buffer.from('{"schemaVersion":2}');
const descriptor = { mediaType: mediaTypes.ociManifest, digest: digestOf(bytes), size: bytes.length };
const head = { 'content-type': descriptor.mediaType, 'docker-content-digest': descriptor.digest };

async function put(listener: RequestListener) {
  const server = await startServer((request, response) => {
    request.resume();
    listener(request, response);
  });
  const { pusher, retries } = pushingClient();
  const repository = { registry: server.host, repository: 'org/app' };
  const putting = pusher.putManifest({ repository, target: { tag: '1' } }, { descriptor, bytes });
  putting.catch(() => undefined);
  return { ...server, putting, retries };
}

test('a manifest is one PUT of its bytes with its type', async () => {
  const server = await put((_request, response) => response.writeHead(201, head).end());
  expect(await server.putting).toEqual({ hasTakenSubject: false });
  expect(server.requests).toHaveLength(1);
  expect(server.requests[0]).toMatchObject({ method: 'PUT', url: '/v2/org/app/manifests/1' });
  expect(server.requests[0]?.headers['content-type']).toBe(descriptor.mediaType);
});

test('OCI-Subject says that the registry lists it', async () => {
  const headers = { ...head, 'oci-subject': digestOf('subject') };
  const server = await put((_request, response) => response.writeHead(201, headers).end());
  expect(await server.putting).toEqual({ hasTakenSubject: true });
});

describe('an answer without a digest', () => {
  test('is believed when HEAD names it', async () => {
    const server = await put(({ method }, response) =>
      response
        .writeHead(method === 'PUT' ? 201 : 200, method === 'PUT' ? {} : { ...head, 'content-length': 19 })
        .end(),
    );
    await server.putting;
    expect(server.requests.map(({ method }) => method)).toEqual(['PUT', 'HEAD']);
  });

  const withBody =
    (body: Buffer): RequestListener =>
    ({ method }, response) => {
      if (method === 'GET') response.writeHead(200, { 'content-type': descriptor.mediaType }).end(body);
      else response.writeHead(method === 'PUT' ? 201 : 405).end();
    };

  test('is believed when GET gives the bytes', async () => {
    const server = await put(withBody(bytes));
    await server.putting;
    expect(server.requests.map(({ method }) => method)).toEqual(['PUT', 'HEAD', 'GET']);
  });

  test('is not believed when GET gives others', async () => {
    const server = await put(withBody(Buffer.from('{"schemaVersion":2,"layers":[],"config":{}}')));
    expect(await rejection(server.putting)).toMatchObject({ code: 'DIGEST_MISMATCH', kind: 'content' });
  });

  test('is not believed when nothing is there', async () => {
    const server = await put(({ method }, response) =>
      response.writeHead(method === 'PUT' ? 201 : 404).end(),
    );
    const error = await rejection(server.putting);
    expect(error).toMatchObject({ code: 'DIGEST_MISMATCH' });
    expect(error.message).toContain('received nothing');
  });
});

test('another digest than the one sent is no success', async () => {
  const headers = { 'docker-content-digest': digestOf('other') };
  const server = await put((_request, response) => response.writeHead(201, headers).end());
  expect(await rejection(server.putting)).toMatchObject({ code: 'DIGEST_MISMATCH', kind: 'content' });
});

test('a failing server is asked again, and a refusal is final', async () => {
  let round = 0;
  const server = await put((_request, response) => {
    round += 1;
    if (round === 1) response.writeHead(502).end();
    else response.writeHead(400).end('{"errors":[{"code":"TAG_INVALID","message":"is immutable"}]}');
  });
  const error = await rejection(server.putting);
  expect(error.code).toBe('UNEXPECTED_STATUS');
  expect(error.message).toContain('TAG_INVALID: is immutable');
  expect(server.requests).toHaveLength(2);
});
