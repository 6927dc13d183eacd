import { PaletteEdgeError, systemErrorCode } from '../errors.ts';
import { tlsFailure } from './tls-failure.ts';
import type { ConnectionWording } from './tls-failure.ts';

/** A URL fit for messages: without query and user info, which carry signatures and passwords. */
export function displayUrl(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`;
}

/**
 * Words a failed connection for the user. What is already ours, or no connection failure, is given back unchanged.
 *
 * @returns a PaletteEdgeError that names the host, of kind network, or authentication when it is about our certificate
 */
export function wordConnectionError(error: unknown, url: URL): unknown {
  if (error instanceof PaletteEdgeError) return error;
  const code = connectionErrorCode(error);
  if (code === undefined) return error;
  const { name, reason, suggestions, kind = 'network' } = wordingOf(code, url.host);
  return new PaletteEdgeError(name, `${url.host}: ${reason}`, {
    kind,
    cause: error,
    suggestions: suggestions.map((text) => text.replaceAll('HOST', url.host)),
  });
}

/** Undici's parser errors are told by their name: not all of them have a code. */
function connectionErrorCode(error: unknown): string | undefined {
  if (error instanceof Error && error.name === 'HTTPParserError') return systemErrorCode(error) ?? 'HPE';
  if (error instanceof AggregateError) return addressErrorCode(error);
  return systemErrorCode(error);
}

/** A host has several addresses. That this machine has no IPv6 says less than what became of the others. */
function addressErrorCode(error: AggregateError): string | undefined {
  const codes = error.errors.map(systemErrorCode).filter((code) => code !== undefined);
  return codes.find((code) => wordings[code] !== unreachable) ?? systemErrorCode(error) ?? codes[0];
}

const lost: ConnectionWording = {
  name: 'CONNECTION_LOST',
  reason: 'the connection was lost',
  suggestions: ['Run the same command again: what is done so far is kept.'],
};
const notFound: ConnectionWording = {
  name: 'HOST_NOT_FOUND',
  reason: 'the host name was not found (DNS)',
  suggestions: ['Check the spelling of HOST, and the DNS servers of this machine.'],
};
const unreachable: ConnectionWording = {
  name: 'HOST_UNREACHABLE',
  reason: 'there is no route to the host',
  suggestions: ['Check the network and the firewall of this machine.'],
};
const timeout: ConnectionWording = {
  name: 'CONNECTION_TIMEOUT',
  reason: 'the server did not answer in time',
  suggestions: ['Check the network, proxy and firewall on the way to HOST, then run the same command again.'],
};
const notTls: ConnectionWording = {
  name: 'NOT_TLS',
  reason: 'the server does not speak HTTPS',
  suggestions: ['If it is a plain-HTTP registry, add: --plain-http HOST'],
};
const refused: ConnectionWording = {
  name: 'CONNECTION_REFUSED',
  reason: 'the connection was refused',
  suggestions: ['Check host name and port, and that the server runs.'],
};

const wordings: Readonly<Record<string, ConnectionWording>> = {
  ECONNREFUSED: refused,
  ENOTFOUND: notFound,
  EAI_AGAIN: notFound,
  EAI_NODATA: notFound,
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  EADDRNOTAVAIL: unreachable,
  ECONNRESET: lost,
  ECONNABORTED: lost,
  EPIPE: lost,
  UND_ERR_SOCKET: lost,
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: lost,
  ETIMEDOUT: timeout,
  UND_ERR_CONNECT_TIMEOUT: timeout,
  UND_ERR_HEADERS_TIMEOUT: timeout,
  UND_ERR_BODY_TIMEOUT: { ...timeout, reason: 'the server stopped sending' },
  UND_ERR_HEADERS_OVERFLOW: {
    name: 'RESPONSE_INVALID',
    reason: 'the headers of its answer are too large',
    suggestions: [],
  },
  ERR_SSL_WRONG_VERSION_NUMBER: notTls,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: notTls,
  EPROTO: notTls,
};

function wordingOf(code: string, host: string): ConnectionWording {
  const known = wordings[code];
  if (known !== undefined) return known;
  const tls = tlsFailure(code);
  if (tls !== undefined) return tls;
  if (code.startsWith('HPE')) {
    return {
      name: 'NOT_HTTP',
      reason: `the answer is no HTTP`,
      suggestions: [`If ${host} serves HTTPS, leave out --plain-http for it.`],
    };
  }
  return { name: 'CONNECTION_FAILED', reason: `the connection failed: ${code}`, suggestions: [] };
}
