import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { isIPv6 } from 'node:net';
import type { AddressInfo } from 'node:net';

import { PaletteEdgeError, systemErrorCode } from '../errors.ts';
import { createRegistryHandler } from './registry-handler.ts';
import type { RegistryHandler, RegistryHandlerOptions } from './registry-handler.ts';
import { defaultLimits, maximumHeaderSize } from './registry-limits.ts';

/** A registry and where it listens. */
export interface RegistryServerOptions extends RegistryHandlerOptions {
  /** An IP address of this machine, or a name of one; `127.0.0.1` by default. */
  readonly address?: string;
  /** 0, the default, takes a free one. */
  readonly port?: number;
}

/** A registry that runs. */
export interface RegistryServer {
  /** `127.0.0.1:<port>`, `[::1]:<port>`, as references name it. */
  readonly host: string;
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
 * Starts a registry over plain HTTP (distribution-spec 1.1), on loopback unless told otherwise. It serves bundles, and is
 * the demo's and the tests'.
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
  const { address, port } = await listen(server, options);
  let closed: Promise<void> | undefined;
  return {
    host: hostOf(address, port),
    address,
    port,
    close: async () => {
      closed ??= closeServer(server, handler, closeGraceMs);
      await closed;
    },
  };
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
      `cannot listen on ${hostOf(address, port)}: ${systemErrorCode(error) ?? 'unknown failure'}`,
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
