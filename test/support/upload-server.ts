import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

import { digestOf } from '../../src/oci/digest.ts';
import { startServer } from './loopback-server.ts';

/** A request to an upload server, for a test to answer it badly. */
export interface UploadExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** How many requests of its method there were, this one included. */
  readonly round: number;
  /** Goes on as a good registry does. */
  readonly serve: () => void;
}

/** What an upload server does differently from others. */
export interface UploadServerOptions {
  /** Answers in place of the registry, or calls `serve`. */
  readonly behave?: (exchange: UploadExchange) => void;
  /** Where uploads go on, from the path that they have; a path unless said otherwise. */
  readonly locationOf?: (path: string) => string;
  /** Headers of the answer that begins an upload. */
  readonly beginHeaders?: Readonly<Record<string, string>>;
  readonly patchStatus?: number;
}

interface Upload {
  /** All that came, cut off bodies included. */
  pieces: Buffer[];
}

/** A registry of blobs in memory that takes uploads, and keeps what came of those that broke off. */
export async function startUploadServer(options: UploadServerOptions = {}) {
  const blobs = new Map<string, Buffer>();
  const uploads = new Map<string, Upload>();
  const rounds = new Map<string, number>();
  const { behave = ({ serve }) => serve(), locationOf = (path) => path, beginHeaders = {} } = options;

  const begin = (request: IncomingMessage, response: ServerResponse): void => {
    const url = new URL(request.url ?? '', 'http://registry');
    const mount = url.searchParams.get('mount');
    if (mount !== null && blobs.has(mount)) {
      response.writeHead(201, { 'docker-content-digest': mount }).end();
      return;
    }
    const id = randomUUID();
    uploads.set(id, { pieces: [] });
    response.writeHead(202, { location: locationOf(`${url.pathname}${id}`), ...beginHeaders }).end();
  };
  const receive = (request: IncomingMessage, response: ServerResponse): void => {
    const url = new URL(request.url ?? '', 'http://registry');
    const id = url.pathname.split('/').at(-1) ?? '';
    const upload = uploads.get(id);
    if (upload === undefined) {
      response.writeHead(404).end();
      return;
    }
    request.on('data', (piece: Buffer) => upload.pieces.push(piece));
    request.once('end', () => {
      const bytes = Buffer.concat(upload.pieces);
      const headers = { location: locationOf(url.pathname), range: `0-${Math.max(0, bytes.length - 1)}` };
      if (request.method !== 'PUT') {
        response.writeHead(request.method === 'GET' ? 204 : (options.patchStatus ?? 202), headers).end();
        return;
      }
      const digest = url.searchParams.get('digest') ?? '';
      uploads.delete(id);
      if (digestOf(bytes) !== digest) response.writeHead(400).end('{"errors":[{"code":"DIGEST_INVALID"}]}');
      else response.writeHead(201, { 'docker-content-digest': digest }).end();
      if (digestOf(bytes) === digest) blobs.set(digest, bytes);
    });
  };
  const server = await startServer((request, response) => {
    const { method = '', url = '' } = request;
    const round = (rounds.get(method) ?? 0) + 1;
    rounds.set(method, round);
    const serve = (): void => {
      if (/\/blobs\/uploads\/(?:\?|$)/.test(url)) begin(request, response);
      else if (url.includes('/blobs/uploads/')) receive(request, response);
      else {
        const blob = blobs.get(url.split('/').at(-1) ?? '');
        if (blob === undefined) response.writeHead(404).end();
        else response.writeHead(200, { 'content-length': blob.length }).end();
      }
    };
    behave({ request, response, round, serve });
  });
  return { ...server, blobs, uploads };
}

/** Takes some bytes of a body, and then breaks the connection. */
export function cutUpload({ request, serve }: UploadExchange, afterBytes: number): void {
  let received = 0;
  serve();
  request.on('data', (piece: Buffer) => {
    received += piece.length;
    if (received >= afterBytes) request.socket.destroy();
  });
}
