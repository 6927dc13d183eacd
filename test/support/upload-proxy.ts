import { request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';

import { startServer } from './loopback-server.ts';

/** What an upload proxy does to a request besides letting it through. */
export interface UploadProxyOptions {
  /** How many bytes of the body are let through before the connection breaks; undefined for all. */
  readonly cutAfter?: (request: IncomingMessage) => number | undefined;
  /** Whether a request is kept here, and never answered. */
  readonly holds?: (request: IncomingMessage) => boolean;
  /** Told of each answer. */
  readonly onAnswer?: (request: IncomingMessage, status: number) => void;
}

/** A proxy before a registry on loopback that counts what is uploaded through it. */
export async function startUploadProxy(registryHost: string, options: UploadProxyOptions = {}) {
  const counts = { bytes: 0 };
  const [, port] = registryHost.split(':');
  const server = await startServer((request, response) => {
    const { method, url, headers } = request;
    if (options.holds?.(request) === true) return;
    const limit = options.cutAfter?.(request);
    const forwarded = httpRequest({ host: '127.0.0.1', port, method, path: url, headers }, (answer) => {
      options.onAnswer?.(request, answer.statusCode ?? 0);
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    forwarded.on('error', () => response.destroy());
    // A client that is gone takes its request along.
    response.once('close', () => {
      if (!response.writableFinished) forwarded.destroy();
    });
    let received = 0;
    request.on('data', (piece: Buffer) => {
      received += piece.length;
      counts.bytes += piece.length;
      if (limit !== undefined && received >= limit) request.socket.destroy();
    });
    request.pipe(forwarded);
  });
  return { ...server, counts };
}
