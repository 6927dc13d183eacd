import { PaletteEdgeError, systemErrorCode } from '../errors.ts';

/** A URL fit for messages: without query and user info, which carry signatures and passwords. */
export function displayUrl(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`;
}

/**
 * Words a failed connection for the user. What is already ours, or no connection failure, is given back unchanged.
 *
 * @returns a PaletteEdgeError of kind network that names the host
 */
export function wordConnectionError(error: unknown, url: URL): unknown {
  if (error instanceof PaletteEdgeError) return error;
  const code = connectionErrorCode(error);
  if (code === undefined) return error;
  const { name, reason, suggestions } = wordingOf(code, url.host);
  return new PaletteEdgeError(name, `${url.host}: ${reason}`, {
    kind: 'network',
    cause: error,
    suggestions: suggestions.map((text) => text.replaceAll('HOST', url.host)),
  });
}

/** Undici's parser errors are told by their name: not all of them have a code. */
function connectionErrorCode(error: unknown): string | undefined {
  if (error instanceof Error && error.name === 'HTTPParserError') return systemErrorCode(error) ?? 'HPE';
  return systemErrorCode(error);
}

interface Wording {
  readonly name: string;
  readonly reason: string;
  readonly suggestions: readonly string[];
}

const certificateCodes: ReadonlySet<string> = new Set([
  'CERT_REJECTED',
  'CERT_REVOKED',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'INVALID_CA',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

const wrongCertificates: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'has expired',
  CERT_NOT_YET_VALID: 'is not valid yet (check the clock of this machine)',
  ERR_TLS_CERT_ALTNAME_INVALID: 'is for another host name',
  HOSTNAME_MISMATCH: 'is for another host name',
};

const lost: Wording = {
  name: 'CONNECTION_LOST',
  reason: 'the connection was lost',
  suggestions: ['Run the same command again: what was pulled so far is kept.'],
};
const notFound: Wording = {
  name: 'HOST_NOT_FOUND',
  reason: 'the host name was not found (DNS)',
  suggestions: ['Check the spelling of HOST, and the DNS servers of this machine.'],
};
const unreachable: Wording = {
  name: 'HOST_UNREACHABLE',
  reason: 'there is no route to the host',
  suggestions: ['Check the network and the firewall of this machine.'],
};
const timeout: Wording = {
  name: 'CONNECTION_TIMEOUT',
  reason: 'the server did not answer in time',
  suggestions: ['Check the network, proxy and firewall on the way to HOST, then run the same command again.'],
};
const notTls: Wording = {
  name: 'NOT_TLS',
  reason: 'the server does not speak HTTPS',
  suggestions: ['If it is a plain-HTTP registry, add: --plain-http HOST'],
};
const refused: Wording = {
  name: 'CONNECTION_REFUSED',
  reason: 'the connection was refused',
  suggestions: ['Check host name and port, and that the server runs.'],
};

const wordings: Readonly<Record<string, Wording>> = {
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
  ERR_SSL_WRONG_VERSION_NUMBER: notTls,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: notTls,
  EPROTO: notTls,
};

function wordingOf(code: string, host: string): Wording {
  const known = wordings[code];
  if (known !== undefined) return known;
  const wrong = wrongCertificates[code];
  if (wrong !== undefined || certificateCodes.has(code)) return certificateWording(code, wrong);
  if (code.startsWith('HPE')) {
    return {
      name: 'NOT_HTTP',
      reason: `the answer is no HTTP`,
      suggestions: [`If ${host} serves HTTPS, leave out --plain-http for it.`],
    };
  }
  return { name: 'CONNECTION_FAILED', reason: `the connection failed: ${code}`, suggestions: [] };
}

function certificateWording(code: string, wrong: string | undefined): Wording {
  return {
    name: 'TLS_CERTIFICATE',
    reason: `its TLS certificate ${wrong ?? 'is not signed by an authority this machine trusts'} (${code})`,
    suggestions: [
      'If its certificate authority is your own, add: --ca-cert FILE',
      'To go on without checking the certificate of this host, add: --insecure HOST',
    ],
  };
}
