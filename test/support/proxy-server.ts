import { createServer, request as httpRequest } from 'node:http';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { ServerOptions } from 'node:https';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

import { onTestFinished } from 'vitest';

import { listen } from './loopback-server.ts';

/** A request as the proxy saw it. */
interface SeenByProxy {
  readonly method: string;
  /** `host:port` of a CONNECT, a whole URL otherwise. */
  readonly target: string;
  readonly authorization: string | undefined;
}

/** How the proxy behaves. */
interface ProxyOptions {
  /** Where a host is to be found: loopback itself is never proxied, so tests ask for names. */
  readonly hosts?: Readonly<Partial<Record<string, string>>>;
  /** Who may use it, as `user:password`. */
  readonly login?: string;
  /** The status that every request is refused with. */
  readonly refusal?: number;
  /** What it says when a tunnel is open; real ones differ. */
  readonly established?: string;
  /** It speaks TLS itself. */
  readonly tls?: ServerOptions;
}

/** A proxy of the running test; ends with it. */
interface ProxyServer {
  /** `127.0.0.1:<port>`. */
  readonly host: string;
  readonly seen: readonly SeenByProxy[];
}

/** Starts an HTTP proxy: CONNECT, and requests with whole URLs. */
export async function startProxy(options: ProxyOptions = {}): Promise<ProxyServer> {
  const { hosts = {}, established = 'HTTP/1.1 200 Connection established\r\n\r\n', tls } = options;
  const seen: SeenByProxy[] = [];
  const sockets = new Set<Duplex>();
  const note = (request: IncomingMessage): number | undefined => {
    const { method = '', url = '', headers } = request;
    const authorization = headers['proxy-authorization'];
    seen.push({ method, target: url, authorization });
    return statusFor(authorization, options);
  };
  const forward: RequestListener = (request, response) => {
    const status = note(request);
    if (status !== undefined) response.writeHead(status).end('the proxy does not like it');
    else passOn(request, response, hosts);
  };
  const server: Server = tls === undefined ? createServer(forward) : createTlsServer(tls, forward);
  server.on('connect', (request: IncomingMessage, socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    const status = note(request);
    if (status === undefined)
      sockets.add(tunnel(socket, hosts[request.url ?? ''] ?? request.url ?? '', established));
    else socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`);
  });
  const host = await listen(server);
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.closeAllConnections();
    server.close();
  });
  return { host, seen };
}

function statusFor(authorization: string | undefined, { login, refusal }: ProxyOptions): number | undefined {
  const expected = login === undefined ? undefined : `Basic ${Buffer.from(login).toString('base64')}`;
  return authorization === expected ? refusal : 407;
}

function tunnel(socket: Socket, host: string, established: string): Socket {
  const address = new URL(`http://${host}`);
  const upstream = connect(Number(address.port), address.hostname, () => {
    socket.write(established);
    upstream.pipe(socket).pipe(upstream);
  });
  upstream.on('error', () => socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
  socket.on('close', () => upstream.destroy());
  return upstream;
}

function passOn(
  request: IncomingMessage,
  response: ServerResponse,
  hosts: Readonly<Partial<Record<string, string>>>,
): void {
  const url = new URL(request.url ?? '');
  const address = `http://${hosts[url.host] ?? url.host}${url.pathname}${url.search}`;
  const { 'proxy-authorization': _, ...headers } = request.headers;
  const upstream = httpRequest(address, { method: request.method ?? 'GET', headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 500, answer.headers);
    answer.pipe(response);
  });
  upstream.on('error', () => response.writeHead(502).end());
  request.pipe(upstream);
}
