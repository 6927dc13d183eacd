import type { ErrorKind } from '../errors.ts';

/** What to tell of a failed connection. `HOST` in a suggestion stands for the host. */
export interface ConnectionWording {
  readonly name: string;
  readonly reason: string;
  readonly suggestions: readonly string[];
  /** `network` unless given. */
  readonly kind?: ErrorKind;
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

const certificateSuggestion =
  'Put the certificate for HOST and its key into the folder HOST below --cert-dir DIR, as client.cert and client.key.';

const certificateRequired: ConnectionWording = {
  name: 'CLIENT_CERTIFICATE_REQUIRED',
  reason: 'the server asks for a client certificate',
  suggestions: [certificateSuggestion],
  kind: 'authentication',
};

/** What the server says while TLS is negotiated (RFC 8446, 6.2), that waiting does not change. */
const alerts: Readonly<Record<string, ConnectionWording>> = {
  CERTIFICATE_REQUIRED: certificateRequired,
  // TLS 1.2 has no word of its own for a certificate that is missing.
  HANDSHAKE_FAILURE: {
    ...certificateRequired,
    name: 'TLS_HANDSHAKE_REFUSED',
    reason: 'the server refuses the TLS handshake: it may ask for a client certificate',
    kind: 'network',
  },
  PROTOCOL_VERSION: {
    name: 'TLS_VERSION',
    reason: 'the server speaks no version of TLS that is still safe: expected 1.2 or 1.3',
    suggestions: [],
  },
  BAD_CERTIFICATE: refusedCertificate('bad certificate'),
  UNSUPPORTED_CERTIFICATE: refusedCertificate('unsupported certificate'),
  CERTIFICATE_REVOKED: refusedCertificate('certificate revoked'),
  CERTIFICATE_EXPIRED: refusedCertificate('certificate expired'),
  CERTIFICATE_UNKNOWN: refusedCertificate('certificate unknown'),
  UNKNOWN_CA: refusedCertificate('unknown ca'),
  ACCESS_DENIED: refusedCertificate('access denied'),
};

/** Words a failure of TLS by the code that Node or OpenSSL give it; undefined for other failures. */
export function tlsFailure(code: string): ConnectionWording | undefined {
  const alert = /^ERR_SSL_.*ALERT_([A-Z_]+)$/.exec(code)?.[1];
  if (alert !== undefined) return alerts[alert];
  const wrong = wrongCertificates[code];
  if (wrong === undefined && !certificateCodes.has(code)) return undefined;
  return {
    name: 'TLS_CERTIFICATE',
    reason: `its TLS certificate ${wrong ?? 'is not signed by an authority this machine trusts'} (${code})`,
    suggestions: [
      'If its certificate authority is your own, add: --ca-cert FILE',
      'To go on without checking the certificate of this host, add: --insecure HOST',
    ],
  };
}

function refusedCertificate(alert: string): ConnectionWording {
  return {
    name: 'CLIENT_CERTIFICATE_REFUSED',
    reason: `the server does not accept the client certificate (${alert})`,
    suggestions: [
      'Check that it is signed by an authority of HOST and has not expired.',
      certificateSuggestion,
    ],
    kind: 'authentication',
  };
}
