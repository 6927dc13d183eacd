import { X509Certificate } from 'node:crypto';
import { createSecureContext, getCACertificates } from 'node:tls';
import type { SecureContext } from 'node:tls';

import { PaletteEdgeError, systemErrorCode } from '../errors.ts';

/** A file of certificate authorities. */
export interface CaCertificateFile {
  /** As the user named it, for messages: a path, and the flag where there is one. */
  readonly name: string;
  readonly pem: string;
}

/** What we show to a server that asks who we are. */
export interface ClientCertificate {
  /** Where it is from, for messages. */
  readonly name: string;
  /** The certificate and those between it and its authority, in PEM. */
  readonly cert: string;
  /** Its private key in PEM, without a passphrase. */
  readonly key: string;
}

/** How TLS is spoken with one host. */
export interface HostTls {
  /** Trusted for this host, besides those trusted for all. */
  readonly authorities?: readonly CaCertificateFile[] | undefined;
  /** Shown to this host and to no other. */
  readonly certificate?: ClientCertificate | undefined;
  /** The certificate of this host is not verified. */
  readonly isInsecure?: boolean | undefined;
}

const certificatePattern = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/**
 * Reads the authorities of files. TLS itself passes over what it cannot read, and the user would be told that the server
 * is not trusted.
 *
 * @throws PaletteEdgeError `CA_CERTIFICATE_INVALID` (kind usage)
 */
export function readAuthorities(files: readonly CaCertificateFile[]): string[] {
  return files.flatMap(({ name, pem }) => {
    const certificates = pem.match(certificatePattern);
    try {
      if (certificates === null) throw new TypeError('the file holds no certificate');
      return certificates.map((certificate) => new X509Certificate(certificate).toString());
    } catch (error) {
      throw new PaletteEdgeError('CA_CERTIFICATE_INVALID', `${name} holds no certificate that can be read`, {
        kind: 'usage',
        cause: error,
        suggestions: ['Expected a PEM file with -----BEGIN CERTIFICATE----- in it.'],
      });
    }
  });
}

/**
 * Checks the files of a host, so that what is wrong with them is told before anything is pulled.
 *
 * @throws PaletteEdgeError `CA_CERTIFICATE_INVALID`, `CLIENT_CERTIFICATE_INVALID` (kind usage)
 */
export function checkHostTls({ authorities = [], certificate }: HostTls): void {
  readAuthorities(authorities);
  if (certificate !== undefined) checkClientCertificate(certificate);
}

/**
 * Checks that certificate and key can be read and belong together.
 *
 * @throws PaletteEdgeError `CLIENT_CERTIFICATE_INVALID` (kind usage)
 */
export function checkClientCertificate({ name, cert, key }: ClientCertificate): void {
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    const isMismatch = systemErrorCode(error) === 'ERR_OSSL_X509_KEY_VALUES_MISMATCH';
    throw new PaletteEdgeError(
      'CLIENT_CERTIFICATE_INVALID',
      isMismatch
        ? `${name}: the key does not belong to the client certificate`
        : `${name}: the client certificate or its key cannot be read`,
      {
        kind: 'usage',
        cause: error,
        suggestions: [
          'Expected a certificate and its own private key, both PEM, the key without a passphrase.',
        ],
      },
    );
  }
}

/** One context for many connections: parsing hundreds of authorities anew for each costs more than the handshake. */
export function trustingContext(
  authorities: readonly string[],
  certificate: ClientCertificate | undefined,
): SecureContext {
  const all = new Set([...getCACertificates('default'), ...getCACertificates('system'), ...authorities]);
  return createSecureContext({ ca: [...all], cert: certificate?.cert, key: certificate?.key });
}
