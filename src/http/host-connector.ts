import { createSecureContext } from 'node:tls';

import { buildConnector } from 'undici';

import { checkClientCertificate, readAuthorities, trustingContext } from './host-tls.ts';
import type { CaCertificateFile, HostTls } from './host-tls.ts';
import { isListedHost, listedFor } from './listed-host.ts';

/** How connections are made. */
export interface HostConnectorOptions {
  readonly insecureHosts: ReadonlySet<string>;
  readonly caCertificates: readonly CaCertificateFile[];
  readonly hostTls?: ReadonlyMap<string, HostTls> | undefined;
  readonly connectTimeoutMs: number;
}

/**
 * A host has addresses of both families, and one of them may be dead. Node's own 250 ms gives up each address before a
 * satellite link has brought its answer.
 */
const addressTimeoutMs = 1000;

/**
 * Makes undici's connector: certificates are verified except for the listed hosts.
 *
 * @throws PaletteEdgeError `CA_CERTIFICATE_INVALID` (kind usage); what is wrong with the files of one host is told when
 *   that host is asked
 */
export function hostConnector(options: HostConnectorOptions): buildConnector.connector {
  const { insecureHosts, hostTls, connectTimeoutMs } = options;
  const common = {
    timeout: connectTimeoutMs,
    allowH2: false,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: Math.min(addressTimeoutMs, connectTimeoutMs),
  };
  const authorities = readAuthorities(options.caCertificates);
  const plain = buildConnector(common);
  const connectors = new Map<string, buildConnector.connector>();
  const connect = (url: URL, isInsecure: boolean): buildConnector.connector => {
    const { certificate, authorities: files = [] } = listedFor(hostTls, url) ?? {};
    if (certificate !== undefined) checkClientCertificate(certificate);
    if (!isInsecure) {
      const secureContext = trustingContext([...authorities, ...readAuthorities(files)], certificate);
      return buildConnector({ ...common, secureContext });
    }
    const { cert, key } = certificate ?? {};
    const secureContext = certificate === undefined ? undefined : createSecureContext({ cert, key });
    return buildConnector({ ...common, secureContext, rejectUnauthorized: false });
  };
  return (target, callback) => {
    if (target.protocol !== 'https:') {
      plain(target, callback);
      return;
    }
    const url = new URL(`https://${target.host ?? target.hostname}`);
    const tls = listedFor(hostTls, url);
    const isInsecure = tls?.isInsecure === true || isListedHost(insecureHosts, url);
    // Hosts of which nothing is said share a context, and its sessions.
    const key = tls === undefined ? String(isInsecure) : url.host;
    let connector = connectors.get(key);
    try {
      connector ??= connect(url, isInsecure);
    } catch (error) {
      callback(error instanceof Error ? error : new Error(String(error)), null);
      return;
    }
    connectors.set(key, connector);
    connector(target, endingAtErrors(callback));
  };
}

/**
 * A server may refuse our certificate after the handshake (RFC 8446, 4.4.2). Node tells that and then the end of the
 * connection, and undici would keep the latter as the reason.
 */
function endingAtErrors(callback: buildConnector.Callback): buildConnector.Callback {
  return (...outcome) => {
    const [, socket] = outcome;
    socket?.once('error', () => socket.destroy());
    callback(...outcome);
  };
}
