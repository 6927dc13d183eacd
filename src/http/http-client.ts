import type { Dispatcher } from 'undici';

import { PaletteEdgeError } from '../errors.ts';
import { displayUrl } from './connection-error.ts';
import { Connections } from './connections.ts';
import type { CaCertificateFile, HostTls } from './host-tls.ts';
import { httpResponse } from './http-response.ts';
import type { HttpResponse } from './http-response.ts';
import { isListedHost } from './listed-host.ts';
import type { Proxies } from './proxies.ts';
import { ReceiveRate } from './receive-rate.ts';
import { beginSending } from './sent-body.ts';
import type { StreamedBody } from './sent-body.ts';
import type { StallLimits } from './stall-meter.ts';

/** What the user says about hosts. An entry without a port holds for every port of that host. */
export interface HttpClientOptions {
  /** Hosts spoken to over plain HTTP; every other one gets HTTPS, loopback included. */
  readonly plainHttpHosts: ReadonlySet<string>;
  /** Hosts whose TLS certificate is not verified. */
  readonly insecureHosts: ReadonlySet<string>;
  /** Certificate authorities in PEM, trusted besides those of the system. */
  readonly caCertificates: readonly CaCertificateFile[];
  /** What holds for single hosts, by `host` or `host:port`; an entry with the port goes before one without. */
  readonly hostTls?: ReadonlyMap<string, HostTls> | undefined;
  /** Proxies that hosts are reached through; undefined for none. */
  readonly proxies?: Proxies | undefined;
  readonly userAgent: string;
  readonly connectTimeoutMs?: number;
  /** The longest silence of a server, before its answer and within its body. Large bodies have no total timeout. */
  readonly idleTimeoutMs?: number;
  /** When a body that trickles is given up, and how long one may take that is read into memory. */
  readonly stallLimits?: Partial<StallLimits>;
  /** The most that is received, and that is sent of streamed bodies, in a second, all together; undefined for no limit. */
  readonly maximumBytesPerSecond?: number | undefined;
}

/** A request. Redirects are followed for GET and HEAD, and for others only when they say so. */
export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: URL;
  /** Lower-case names. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | StreamedBody;
  /** Sends a body once more where a 307 or 308 leads (RFC 9110, 15.4.8). Never for bodies that hold secrets. */
  readonly repeatsBody?: boolean;
  /** The longest wait for the answer once the body is sent; the idle timeout unless given. */
  readonly answerTimeoutMs?: number;
  readonly signal?: AbortSignal;
}

const maximumRedirects = 10;
const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** Those that keep method and body. */
const repeatStatuses: ReadonlySet<number> = new Set([307, 308]);
const credentialHeaders: ReadonlySet<string> = new Set([
  'authorization',
  'cookie',
  'proxy-authorization',
  // Palette's.
  'apikey',
  'projectuid',
  // Of S3: a session's.
  'x-amz-security-token',
]);
const defaultConnectTimeoutMs = 15_000;
const defaultIdleTimeoutMs = 60_000;
const defaultStallLimits: StallLimits = { minimumBytes: 1024, windowMs: 60_000, totalMs: 120_000 };

/** HTTP as this tool speaks it: one connection pool, redirects that drop credentials, failures worded. */
export class HttpClient {
  readonly #options: HttpClientOptions;
  readonly #connections: Connections;
  readonly #stallLimits: StallLimits;
  readonly #rate: ReceiveRate | undefined;
  readonly #idleTimeoutMs: number;

  constructor(options: HttpClientOptions) {
    this.#options = options;
    this.#stallLimits = { ...defaultStallLimits, ...options.stallLimits };
    const bytesPerSecond = options.maximumBytesPerSecond;
    this.#rate = bytesPerSecond === undefined ? undefined : new ReceiveRate({ bytesPerSecond });
    this.#idleTimeoutMs = options.idleTimeoutMs ?? defaultIdleTimeoutMs;
    this.#connections = new Connections({
      ...options,
      connectTimeoutMs: options.connectTimeoutMs ?? defaultConnectTimeoutMs,
      idleTimeoutMs: this.#idleTimeoutMs,
    });
  }

  /**
   * The root URL of a host, `host` or `host:port`: plain HTTP when the user listed it, HTTPS otherwise. A host without a
   * port has to be listed without one: that its port 80 speaks plain HTTP says nothing of its port 443.
   */
  baseUrl(host: string): URL {
    const { plainHttpHosts } = this.#options;
    const plain = new URL(`http://${host}/`);
    const hasPort = /:\d+$/.test(host);
    const isPlain = hasPort ? isListedHost(plainHttpHosts, plain) : plainHttpHosts.has(plain.hostname);
    return isPlain ? plain : new URL(`https://${host}/`);
  }

  /**
   * Sends a request and follows redirects. Any status is an answer; only the caller knows which ones are good.
   *
   * @throws PaletteEdgeError kind network, naming the host; the signal's reason when aborted
   */
  async request(request: HttpRequest): Promise<HttpResponse> {
    let { url } = request;
    let hasLeftOrigin = false;
    let headers: Readonly<Record<string, string>> = {
      'user-agent': this.#options.userAgent,
      // What is pulled is hashed as it is, and most of it is compressed already.
      'accept-encoding': 'identity',
      ...request.headers,
    };
    for (let hops = 0; hops <= maximumRedirects; hops += 1) {
      this.#refusePlainHttp(url, hops > 0);
      const raw = await this.#send(request, url, headers);
      const { signal } = request;
      const limits = this.#stallLimits;
      const response = httpResponse(raw, { url, hasLeftOrigin, signal, limits, rate: this.#rate });
      const location = redirectLocation(request, response);
      if (location === undefined) return response;
      await response.discard();
      const next = resolveLocation(location, url);
      // Never restored, even when a later hop leads back: whoever redirects there chose the path.
      if (next.origin !== url.origin) {
        headers = withoutCredentials(headers);
        hasLeftOrigin = true;
      }
      url = next;
    }
    throw new PaletteEdgeError(
      'TOO_MANY_REDIRECTS',
      `${displayUrl(request.url)} redirects more than ${maximumRedirects} times, at last to ${displayUrl(url)}`,
      { kind: 'network' },
    );
  }

  /** Closes every connection; requests under way fail. */
  async close(): Promise<void> {
    await this.#connections.close();
  }

  async #send(
    { method, body, signal, answerTimeoutMs }: HttpRequest,
    url: URL,
    headers: Readonly<Record<string, string>>,
  ): Promise<Dispatcher.ResponseData> {
    const exchange = { method, url, headers, answerTimeoutMs };
    if (body === undefined || typeof body === 'string' || body instanceof Uint8Array)
      return await this.#connections.send({ ...exchange, body, signal });
    const sending = beginSending(body, { url, signal, idleTimeoutMs: this.#idleTimeoutMs, rate: this.#rate });
    return await this.#connections.send({
      ...exchange,
      headers: { ...headers, 'content-length': String(body.length) },
      body: sending.stream,
      signal: sending.signal,
    });
  }

  #refusePlainHttp(url: URL, isRedirect: boolean): void {
    if (url.protocol === 'https:') return;
    if (url.protocol === 'http:' && isListedHost(this.#options.plainHttpHosts, url)) return;
    const what = isRedirect ? 'refused a redirect to' : 'refused to ask';
    throw new PaletteEdgeError('PLAIN_HTTP_REFUSED', `${what} ${displayUrl(url)}: it is not HTTPS`, {
      kind: 'network',
      suggestions: url.protocol === 'http:' ? [`To allow it, add: --plain-http ${url.host}`] : [],
    });
  }
}

function redirectLocation(request: HttpRequest, response: HttpResponse): string | undefined {
  const isReading = request.method === 'GET' || request.method === 'HEAD';
  const followed = isReading ? redirectStatuses : repeatStatuses;
  if (!isReading && request.repeatsBody !== true) return undefined;
  return followed.has(response.status) ? response.headers['location'] : undefined;
}

function resolveLocation(location: string, from: URL): URL {
  if (!URL.canParse(location, from.href)) {
    throw new PaletteEdgeError(
      'REDIRECT_INVALID',
      `${displayUrl(from)} redirects to something that is no URL`,
      {
        kind: 'network',
      },
    );
  }
  const url = new URL(location, from);
  url.username = '';
  url.password = '';
  return url;
}

function withoutCredentials(headers: Readonly<Record<string, string>>): Record<string, string> {
  const kept = Object.entries(headers).filter(([name]) => !credentialHeaders.has(name.toLowerCase()));
  return Object.fromEntries(kept);
}
