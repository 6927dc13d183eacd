import { PaletteEdgeError } from '../errors.ts';
import type { Proxies, Proxy } from '../http/proxies.ts';

/** The environment of the process. */
type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the proxies that the environment names, as container tools do: `HTTP_PROXY` for plain HTTP, `HTTPS_PROXY` for
 * HTTPS, `ALL_PROXY` for what is named by neither, `NO_PROXY` for exceptions; each in upper or lower case.
 *
 * @throws PaletteEdgeError `PROXY_INVALID` (kind usage), without the value: it may hold a password
 */
export function proxiesOf(environment: Environment): Proxies {
  const all = ['ALL_PROXY', 'all_proxy'];
  return {
    http: proxyOf(environment, ['HTTP_PROXY', 'http_proxy', ...all]),
    https: proxyOf(environment, ['HTTPS_PROXY', 'https_proxy', ...all]),
    noProxy: firstOf(environment, ['NO_PROXY', 'no_proxy'])?.value ?? '',
  };
}

function proxyOf(environment: Environment, names: readonly string[]): Proxy | undefined {
  const found = firstOf(environment, names);
  if (found === undefined) return undefined;
  const { name: variable, value } = found;
  // A scheme may be left out: proxy.corp:3128.
  const text = value.includes('://') ? value : `http://${value}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.hostname === '') {
    throw new PaletteEdgeError('PROXY_INVALID', `the environment variable ${variable} names no proxy`, {
      kind: 'usage',
      suggestions: [
        `Expected ${variable}=http://HOST:PORT or http://USER:PASSWORD@HOST:PORT, with special characters of the password percent-encoded.`,
      ],
    });
  }
  return { url, variable };
}

function firstOf(
  environment: Environment,
  names: readonly string[],
): { readonly name: string; readonly value: string } | undefined {
  for (const name of names) {
    const value = environment[name]?.trim();
    if (value !== undefined && value !== '') return { name, value };
  }
  return undefined;
}
