import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, RequestListener, Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { ServerOptions } from 'node:https';
import type { Server as NetServer } from 'node:net';

import { onTestFinished } from 'vitest';

/** A request as it arrived. */
interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

/** A server of the running test; ends with it. */
export interface LoopbackServer {
  /** `127.0.0.1:<port>`. */
  readonly host: string;
  readonly origin: string;
  /** Every request, in the order of arrival. */
  readonly requests: SeenRequest[];
}

/** Starts an HTTP server, or HTTPS when `tls` is given, on a free loopback port. */
export async function startServer(listener: RequestListener, tls?: ServerOptions): Promise<LoopbackServer> {
  const requests: SeenRequest[] = [];
  const record: RequestListener = (request, response) => {
    requests.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers });
    listener(request, response);
  };
  const server: Server = tls === undefined ? createServer(record) : createTlsServer(tls, record);
  const host = await listen(server);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { host, origin: `${tls === undefined ? 'http' : 'https'}://${host}`, requests };
}

/** Listens on a free loopback port. */
export async function listen(server: NetServer): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the server has no port');
  return `127.0.0.1:${address.port}`;
}

/** A loopback address where nothing listens. */
export async function unusedHost(): Promise<string> {
  const server = createServer();
  const host = await listen(server);
  server.close();
  await once(server, 'close');
  return host;
}
