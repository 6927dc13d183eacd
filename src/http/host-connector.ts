import { X509Certificate } from 'node:crypto';
import { createSecureContext, getCACertificates } from 'node:tls';
import type { SecureContext } from 'node:tls';

import { buildConnector } from 'undici';

import { PaletteEdgeError } from '../errors.ts';

/** A file of certificate authorities. */
export interface CaCertificateFile {
  /** As the user named it, for messages. */
  readonly name: string;
  readonly pem: string;
}

/** How connections are made. */
export interface HostConnectorOptions {
  readonly insecureHosts: ReadonlySet<string>;
  readonly caCertificates: readonly CaCertificateFile[];
  readonly connectTimeoutMs: number;
}

/** Whether the user listed the host of a URL, with its port or without any. */
export function isListedHost(hosts: ReadonlySet<string>, url: URL): boolean {
  const port = url.port === '' ? defaultPorts[url.protocol] : url.port;
  return hosts.has(url.hostname) || hosts.has(url.host) || hosts.has(`${url.hostname}:${port}`);
}

/**
 * Makes undici's connector: certificates are verified except for the listed hosts.
 *
 * @throws PaletteEdgeError `CA_CERTIFICATE_INVALID` (kind usage)
 */
export function hostConnector(options: HostConnectorOptions): buildConnector.connector {
  const { insecureHosts, connectTimeoutMs: timeout } = options;
  const authorities = options.caCertificates.flatMap(readCertificates);
  const plain = buildConnector({ timeout, allowH2: false });
  const insecure = buildConnector({ timeout, allowH2: false, rejectUnauthorized: false });
  let verified: buildConnector.connector | undefined;
  return (target, callback) => {
    if (target.protocol !== 'https:') {
      plain(target, callback);
    } else if (isListedHost(insecureHosts, new URL(`https://${target.host ?? target.hostname}`))) {
      insecure(target, callback);
    } else {
      verified ??= buildConnector({ timeout, allowH2: false, secureContext: trust(authorities) });
      verified(target, callback);
    }
  };
}

const defaultPorts: Readonly<Record<string, string>> = { 'https:': '443', 'http:': '80' };

/** One context for all connections: parsing hundreds of authorities anew for each costs more than the handshake. */
function trust(authorities: readonly string[]): SecureContext {
  const all = new Set([...getCACertificates('default'), ...getCACertificates('system'), ...authorities]);
  return createSecureContext({ ca: [...all] });
}

/** TLS itself passes over what it cannot read, and the user would be told that the server is not trusted. */
function readCertificates({ name, pem }: CaCertificateFile): string[] {
  const certificates = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g);
  try {
    if (certificates === null) throw new TypeError('the file holds no certificate');
    return certificates.map((certificate) => new X509Certificate(certificate).toString());
  } catch (error) {
    throw new PaletteEdgeError(
      'CA_CERTIFICATE_INVALID',
      `${name}, given with --ca-cert, holds no certificate that can be read`,
      {
        kind: 'usage',
        cause: error,
        suggestions: ['Expected a PEM file with -----BEGIN CERTIFICATE----- in it.'],
      },
    );
  }
}
