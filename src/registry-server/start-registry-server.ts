import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';

import { PaletteEdgeError, systemErrorCode } from '../errors.ts';
import { createRegistryHandler } from './registry-handler.ts';
import type { RegistryHandler, RegistryHandlerOptions } from './registry-handler.ts';
import { defaultLimits, maximumHeaderSize } from './registry-limits.ts';

/** A registry and where it listens. */
export interface RegistryServerOptions extends RegistryHandlerOptions {
  /** 0, the default, takes a free one. */
  readonly port?: number;
}

/** A registry that runs. */
export interface RegistryServer {
  /** `127.0.0.1:<port>`, as references name it. */
  readonly host: string;
  readonly port: number;
  /**
   * Takes no more requests, lets those under way go on for the grace time of the limits, cuts off the rest, and removes
   * uploads that are not complete.
   */
  close(): Promise<void>;
}

const loopback = '127.0.0.1';

/**
 * Starts a registry on loopback, over plain HTTP (distribution-spec 1.1). It is the demo's and the tests'.
 *
 * @throws PaletteEdgeError `PORT_UNAVAILABLE` (kind network) when it cannot listen
 */
export async function startRegistryServer(options: RegistryServerOptions): Promise<RegistryServer> {
  const { maximumConnections, connectionIdleMs, closeGraceMs } = { ...defaultLimits, ...options.limits };
  const handler = createRegistryHandler(options);
  const server = createServer(
    {
      maxHeaderSize: maximumHeaderSize,
      headersTimeout: connectionIdleMs,
      keepAliveTimeout: connectionIdleMs,
      // A large blob may take hours; a client that is silent meanwhile is cut off by the timeout of its connection.
      requestTimeout: 0,
    },
    handler.listener,
  );
  server.maxConnections = maximumConnections;
  server.timeout = connectionIdleMs;
  const port = await listen(server, options.port ?? 0);
  let closed: Promise<void> | undefined;
  return {
    host: `${loopback}:${port}`,
    port,
    close: async () => {
      closed ??= closeServer(server, handler, closeGraceMs);
      await closed;
    },
  };
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, loopback);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new PaletteEdgeError(
      'PORT_UNAVAILABLE',
      `cannot listen on ${loopback}:${port}: ${systemErrorCode(error) ?? 'unknown failure'}`,
      { kind: 'network', cause: error, suggestions: ['Choose another port, or 0 for a free one.'] },
    );
  }
  const address = server.address();
  if (typeof address === 'object' && address !== null) return address.port;
  throw new TypeError('the server has no port');
}

async function closeServer(server: Server, handler: RegistryHandler, graceMs: number): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  const cut = setTimeout(() => server.closeAllConnections(), graceMs);
  try {
    await handler.close();
    // Nothing is under way any more: what is left are connections that wait for a next request.
    server.closeAllConnections();
    await closed;
  } finally {
    clearTimeout(cut);
  }
}
