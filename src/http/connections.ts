import type { Readable } from 'node:stream';

import { Agent } from 'undici';
import type { Dispatcher } from 'undici';

import { PaletteEdgeError } from '../errors.ts';
import { wordConnectionError } from './connection-error.ts';
import { hostConnector } from './host-connector.ts';
import type { HostConnectorOptions } from './host-connector.ts';
import { proxyChooser, proxyHeaders, proxyRefusal, wordProxyError } from './proxies.ts';
import type { Proxies, Proxy } from './proxies.ts';
import { proxyConnector, tunnelConnector } from './proxy-tunnel.ts';

/** How hosts are reached. */
export interface ConnectionsOptions extends HostConnectorOptions {
  readonly proxies?: Proxies | undefined;
  readonly idleTimeoutMs: number;
}

/** One request to one URL. */
export interface Exchange {
  readonly method: Dispatcher.HttpMethod;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | Readable | undefined;
  readonly signal: AbortSignal | undefined;
  /** The longest wait for the answer once the body is sent; undefined for the usual one. */
  readonly answerTimeoutMs?: number | undefined;
}

/** In bytes, all headers of an answer together; so it bounds the URL of a redirect, too. */
const maximumHeaderSize = 16 * 1024;
/** Interim answers (RFC 9110, 15.2) before the real one: each of them starts the wait for it anew. */
const maximumInterimAnswers = 20;

/** The connections to hosts, straight or through proxies: kept for later requests until closed. */
export class Connections {
  readonly #proxyFor: (url: URL) => Proxy | undefined;
  readonly #closing = new AbortController();
  /** Straight, and through tunnels. */
  readonly #agent: Agent;
  /** To proxies that ask plain-HTTP hosts in our place. */
  readonly #forwarding: Agent;

  constructor(options: ConnectionsOptions) {
    const { idleTimeoutMs, connectTimeoutMs } = options;
    const direct = hostConnector(options);
    this.#proxyFor = proxyChooser(options.proxies);
    const usual = {
      maxHeaderSize: maximumHeaderSize,
      headersTimeout: idleTimeoutMs,
      bodyTimeout: idleTimeoutMs,
      // One HTTP/2 session is one TCP connection: parallel downloads of large blobs would share its window.
      allowH2: false,
    };
    const connect = tunnelConnector({
      direct,
      proxyFor: this.#proxyFor,
      timeoutMs: connectTimeoutMs,
      signal: this.#closing.signal,
    });
    this.#agent = new Agent({ ...usual, connect });
    this.#forwarding = new Agent({ ...usual, connect: proxyConnector(direct) });
  }

  /**
   * Sends a request once, without following redirects.
   *
   * @throws PaletteEdgeError worded, naming the host or the proxy; the signal's reason when aborted
   */
  async send(exchange: Exchange): Promise<Dispatcher.ResponseData> {
    const { url } = exchange;
    const proxy = url.protocol === 'http:' ? this.#proxyFor(url) : undefined;
    if (proxy !== undefined) return await this.#forward(exchange, proxy);
    try {
      return await this.#agent.request({
        ...withoutUrl(exchange),
        origin: url.origin,
        path: `${url.pathname}${url.search}`,
      });
    } catch (error) {
      exchange.signal?.throwIfAborted();
      throw wordConnectionError(error, url);
    }
  }

  /** Closes every connection; requests under way fail. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all([this.#agent.destroy(), this.#forwarding.destroy()]);
  }

  /** Asks a proxy with the whole URL (RFC 9112, 3.2.2). */
  async #forward(exchange: Exchange, proxy: Proxy): Promise<Dispatcher.ResponseData> {
    const { url, signal, headers } = exchange;
    let response: Dispatcher.ResponseData;
    try {
      response = await this.#forwarding.request({
        ...withoutUrl(exchange),
        origin: proxy.url.origin,
        path: `${url.origin}${url.pathname}${url.search}`,
        headers: { ...headers, host: url.host, ...proxyHeaders(proxy) },
      });
    } catch (error) {
      signal?.throwIfAborted();
      throw wordProxyError(error, proxy);
    }
    if (response.statusCode !== 407) return response;
    response.body.on('error', () => undefined).destroy();
    throw proxyRefusal(proxy, url.host, { status: 407 });
  }
}

type RequestOptions = Omit<Dispatcher.RequestOptions, 'origin' | 'path'>;

function withoutUrl(exchange: Exchange): RequestOptions {
  const { url, method, headers, body, signal, answerTimeoutMs } = exchange;
  let interimAnswers = 0;
  const onInfo = (): void => {
    interimAnswers += 1;
    if (interimAnswers <= maximumInterimAnswers) return;
    throw new PaletteEdgeError(
      'RESPONSE_INVALID',
      `${url.host}: more than ${maximumInterimAnswers} interim answers and no real one`,
      { kind: 'network' },
    );
  };
  return { method, headers, body, signal, onInfo, headersTimeout: answerTimeoutMs };
}
