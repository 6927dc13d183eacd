import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server, ServerOptions } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { isIPv6 } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

import { PaletteEdgeError, systemErrorCode } from '../errors.ts';
import { createRegistryHandler } from './registry-handler.ts';
import type { RegistryHandler, RegistryHandlerOptions } from './registry-handler.ts';
import { defaultLimits, maximumHeaderSize } from './registry-limits.ts';
import type { CertificatePair } from './self-signed-certificate.ts';

/** A registry and where it listens. */
export interface RegistryServerOptions extends RegistryHandlerOptions {
  /** An IP address of this machine, or a name of one; `127.0.0.1` by default. */
  readonly address?: string;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** The server's certificate, with those between it and its authority; plain HTTP without it. */
  readonly tls?: CertificatePair | undefined;
}

/** A registry that runs. */
export interface RegistryServer {
  /** `127.0.0.1:<port>`, `[::1]:<port>`, as references name it. */
  readonly host: string;
  /** `http://` or `https://`, and the host. */
  readonly origin: string;
  /** The IP address that it listens on. */
  readonly address: string;
  readonly port: number;
  /**
   * Takes no more requests, lets those under way go on for the grace time of the limits, cuts off the rest, and removes
   * uploads that are not complete.
   */
  close(): Promise<void>;
}

const loopback = '127.0.0.1';

/**
 * Starts a registry (distribution-spec 1.1), on loopback and over plain HTTP unless told otherwise. It serves bundles, and
 * is the demo's and the tests'.
 *
 * @throws PaletteEdgeError `PORT_UNAVAILABLE` (kind network) when it cannot listen
 */
export async function startRegistryServer(options: RegistryServerOptions): Promise<RegistryServer> {
  const { maximumConnections, connectionIdleMs, closeGraceMs } = { ...defaultLimits, ...options.limits };
  const handler = createRegistryHandler(options);
  const server = createHttpServer(
    {
      maxHeaderSize: maximumHeaderSize,
      headersTimeout: connectionIdleMs,
      keepAliveTimeout: connectionIdleMs,
      // A large blob may take hours; a client that is silent meanwhile is cut off by the timeout of its connection.
      requestTimeout: 0,
    },
    { tls: options.tls, handshakeTimeout: connectionIdleMs },
  );
  server.on('request', handler.listener);
  server.maxConnections = maximumConnections;
  server.timeout = connectionIdleMs;
  const sockets = openSockets(server);
  const { address, port } = await listen(server, options);
  let closed: Promise<void> | undefined;
  const host = hostOf(address, port);
  return {
    host,
    origin: `${options.tls === undefined ? 'http' : 'https'}://${host}`,
    address,
    port,
    close: async () => {
      closed ??= closeServer({ server, handler, sockets }, closeGraceMs);
      await closed;
    },
  };
}

function createHttpServer(
  options: ServerOptions,
  { tls, handshakeTimeout }: { readonly tls: CertificatePair | undefined; readonly handshakeTimeout: number },
): Server {
  // TLS 1.2 is what the oldest clients of container tools speak.
  return tls === undefined
    ? createServer(options)
    : createTlsServer({ ...options, ...tls, handshakeTimeout, minVersion: 'TLSv1.2' });
}

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there',
  EADDRNOTAVAIL: 'this machine has no such address',
  EACCES: 'permission denied',
  ENOTFOUND: 'there is no host of that name',
  EAI_AGAIN: 'the name cannot be looked up now',
};

function reasonOf(error: unknown): string {
  const code = systemErrorCode(error) ?? 'unknown failure';
  return reasons[code] ?? code;
}

async function listen(
  server: Server,
  { address = loopback, port = 0 }: Pick<RegistryServerOptions, 'address' | 'port'>,
): Promise<AddressInfo> {
  server.listen(port, address);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new PaletteEdgeError(
      'PORT_UNAVAILABLE',
      `cannot listen on ${hostOf(address, port)}: ${reasonOf(error)}`,
      {
        kind: 'network',
        cause: error,
        suggestions: ['Choose another address or port; port 0 is a free one.'],
      },
    );
  }
  const listening = server.address();
  if (typeof listening === 'object' && listening !== null) return listening;
  throw new TypeError('the server has no port');
}

function hostOf(address: string, port: number): string {
  return `${isIPv6(address) ? `[${address}]` : address}:${port}`;
}

/** Node forgets those that have not ended the handshake of TLS: they would keep a server that closes until their time is over. */
function openSockets(server: Server): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return sockets;
}

interface Running {
  readonly server: Server;
  readonly handler: RegistryHandler;
  readonly sockets: ReadonlySet<Socket>;
}

async function closeServer({ server, handler, sockets }: Running, graceMs: number): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  const cutAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const cut = setTimeout(cutAll, graceMs);
  try {
    await handler.close();
    // Nothing is under way any more: what is left are connections that wait for a next request.
    cutAll();
    await closed;
  } finally {
    clearTimeout(cut);
  }
}
