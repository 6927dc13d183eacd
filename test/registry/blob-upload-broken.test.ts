import { describe, expect, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import { pushingClient } from '../support/pushing-client.ts';
import { rejection } from '../support/rejection.ts';
import { cutUpload, startUploadServer } from '../support/upload-server.ts';
import { blob, content, methods, upload } from './upload.ts';

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
    // When the buffers took all of it, it is looked for.
    const sending = methods(server).filter((method) => method !== 'HEAD');
    expect(sending).toEqual(['POST', 'PUT', 'GET', 'POST', 'PUT']);
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
