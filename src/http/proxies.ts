import { PaletteEdgeError } from '../errors.ts';
import { HttpStatusError } from './http-status-error.ts';
import { wordConnectionError } from './connection-error.ts';
import { noProxyRules } from './no-proxy.ts';

/** A proxy and who says so. */
export interface Proxy {
  /** Its user and password, if any, are for the proxy only and never shown. */
  readonly url: URL;
  /** The variable it is from, for messages: `HTTPS_PROXY`. */
  readonly variable: string;
}

/** Which requests go through which proxy. */
export interface Proxies {
  /** For plain-HTTP hosts. */
  readonly http?: Proxy | undefined;
  /** For HTTPS hosts. */
  readonly https?: Proxy | undefined;
  /** Hosts asked without a proxy, as `NO_PROXY` lists them. */
  readonly noProxy: string;
}

/**
 * Tells the proxy to ask a URL through. None for loopback and the hosts of `noProxy`.
 *
 * The result throws PaletteEdgeError `PROXY_UNSUPPORTED` (kind usage) where the proxy is one we do not speak with.
 */
export function proxyChooser(proxies: Proxies | undefined): (url: URL) => Proxy | undefined {
  if (proxies === undefined) return () => undefined;
  const { http, https, noProxy } = proxies;
  const isDirect = noProxyRules(noProxy);
  return (url) => {
    const proxy = url.protocol === 'https:' ? https : http;
    return proxy === undefined || isDirect(url) ? undefined : supported(proxy);
  };
}

/** The headers that are for a proxy. */
export function proxyHeaders({ url }: Proxy): Record<string, string> {
  if (url.username === '' && url.password === '') return {};
  const login = `${decodeLogin(url.username)}:${decodeLogin(url.password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(login).toString('base64')}` };
}

/**
 * Words a failed connection to a proxy, naming the proxy and who configured it.
 *
 * @returns a PaletteEdgeError with the code and kind it would have for any host; other errors unchanged
 */
export function wordProxyError(error: unknown, proxy: Proxy): unknown {
  const worded = wordConnectionError(error, proxy.url);
  if (!(worded instanceof PaletteEdgeError) || worded === error) return error;
  const { code, message, kind } = worded;
  return new PaletteEdgeError(code, `proxy (${proxy.variable}) ${message}`, {
    kind,
    cause: error,
    suggestions: [
      `Check the proxy in ${proxy.variable}, or list hosts that are reached without it in NO_PROXY.`,
    ],
  });
}

/**
 * The error for a proxy that does not let us through: an answer to CONNECT that is no success, or 407.
 *
 * @param host the host that was to be reached
 */
export function proxyRefusal(
  proxy: Proxy,
  host: string,
  { status, retryAfter }: { readonly status: number; readonly retryAfter?: string | undefined },
): PaletteEdgeError {
  const { variable, url } = proxy;
  const cause = new HttpStatusError(status, retryAfter);
  // tinyproxy says 401 to a wrong password. Nobody but the proxy answers to CONNECT.
  if (status !== 407 && status !== 401) {
    return new PaletteEdgeError(
      'PROXY_REFUSED',
      `proxy (${variable}) ${url.host}: it does not connect to ${host}: HTTP status ${status}`,
      {
        kind: 'network',
        cause,
        suggestions: [
          `Have the proxy allow ${host}, or add ${host} to NO_PROXY if it is reached without a proxy.`,
        ],
      },
    );
  }
  const isLoggedIn = url.username !== '' || url.password !== '';
  return new PaletteEdgeError(
    'PROXY_LOGIN_REQUIRED',
    `proxy (${variable}) ${url.host}: ${isLoggedIn ? 'it refuses user and password' : 'it asks for user and password'} (HTTP status ${status})`,
    {
      kind: 'authentication',
      cause,
      suggestions: [
        `Set ${variable} to http://USER:PASSWORD@${url.host}, with special characters of the password percent-encoded.`,
      ],
    },
  );
}

function supported(proxy: Proxy): Proxy {
  const { url, variable } = proxy;
  if (url.protocol === 'http:' || url.protocol === 'https:') return proxy;
  throw new PaletteEdgeError(
    'PROXY_UNSUPPORTED',
    `${variable} names a proxy of kind ${url.protocol.slice(0, -1)}: expected an HTTP proxy`,
    {
      kind: 'usage',
      suggestions: ['Set HTTPS_PROXY and HTTP_PROXY to an HTTP proxy, or unset the variable.'],
    },
  );
}

/** A percent sign that encodes nothing stands for itself. */
function decodeLogin(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
