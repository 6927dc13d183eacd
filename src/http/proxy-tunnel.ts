import { Socket } from 'node:net';

import { Client } from 'undici';
import type { buildConnector } from 'undici';

import { portOf } from './listed-host.ts';
import { proxyHeaders, proxyRefusal, wordProxyError } from './proxies.ts';
import type { Proxy } from './proxies.ts';

/** How tunnels are dug. */
export interface TunnelOptions {
  /** Connects to proxies, and speaks TLS through the tunnel. */
  readonly direct: buildConnector.connector;
  readonly proxyFor: (url: URL) => Proxy | undefined;
  /** How long the proxy may take to answer. */
  readonly timeoutMs: number;
  /** Ends what is being connected. */
  readonly signal: AbortSignal;
}

/** Makes a connector that reaches HTTPS hosts through their proxy, where they have one (RFC 9110, 9.3.6). */
export function tunnelConnector(options: TunnelOptions): buildConnector.connector {
  const { direct } = options;
  return (target, callback) => {
    const connect = async (): Promise<void> => {
      let httpSocket: Socket | undefined;
      try {
        httpSocket = await openTunnel(
          new URL(`${target.protocol}//${target.host ?? target.hostname}`),
          options,
        );
      } catch (error) {
        callback(error instanceof Error ? error : new Error(String(error)), null);
        return;
      }
      direct(httpSocket === undefined ? target : { ...target, httpSocket }, callback);
    };
    void connect();
  };
}

/** Connects to proxies: undici would have the certificate of the proxy verified by the name of the host behind it. */
export function proxyConnector(direct: buildConnector.connector): buildConnector.connector {
  return (target, callback) => {
    const { servername: _, ...proxy } = target;
    direct(proxy, callback);
  };
}

/** @returns undefined where there is no proxy on the way */
async function openTunnel(url: URL, options: TunnelOptions): Promise<Socket | undefined> {
  const { direct, proxyFor, timeoutMs, signal } = options;
  const proxy = url.protocol === 'https:' ? proxyFor(url) : undefined;
  if (proxy === undefined) return undefined;
  const client = new Client(proxy.url.origin, { connect: proxyConnector(direct), headersTimeout: timeoutMs });
  try {
    const path = `${url.hostname}:${portOf(url)}`;
    const { statusCode, headers, socket } = await client.connect({
      path,
      headers: { host: path, ...proxyHeaders(proxy) },
      signal,
    });
    if (statusCode >= 200 && statusCode < 300 && socket instanceof Socket) return socket;
    socket.on('error', () => undefined).destroy();
    const retryAfter = headers['retry-after'];
    throw proxyRefusal(proxy, url.host, {
      status: statusCode,
      retryAfter: typeof retryAfter === 'string' ? retryAfter : undefined,
    });
  } catch (error) {
    throw wordProxyError(error, proxy);
  } finally {
    // What became a tunnel is not its connection any more.
    void client.destroy();
  }
}
