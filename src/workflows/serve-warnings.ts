import { BlockList, isIPv6 } from 'node:net';

import type { RegistryServer } from '../registry-server/start-registry-server.ts';
import type { Warning } from '../warning.ts';
import type { ServedCertificate } from './served-certificate.ts';

/** How a server can be reached. */
export interface Reach {
  readonly server: Pick<RegistryServer, 'address' | 'host'>;
  readonly certificate: ServedCertificate | undefined;
  readonly hasLogin: boolean;
  readonly now: Date;
}

/** What whoever serves should know of who can come, and of what clients will not take. */
export function serveWarnings(reach: Reach): Warning[] {
  return [...reachWarnings(reach), ...certificateWarnings(reach)];
}

function reachWarnings({ server: { address, host }, certificate, hasLogin }: Reach): Warning[] {
  if (isLoopback(address)) return [];
  if (!hasLogin) {
    const plain = certificate === undefined ? ', and no TLS, so clients must take plain HTTP' : '';
    return [
      {
        code: 'SERVED_TO_ALL',
        message: `whoever reaches ${host} can pull all of it: there is no login${plain} (--username, --tls-self-signed)`,
      },
    ];
  }
  if (certificate !== undefined) return [];
  const message = `whoever listens on the way to ${host} can read the password: there is no TLS (--tls-self-signed)`;
  return [{ code: 'PASSWORD_IN_THE_CLEAR', message }];
}

function certificateWarnings({ certificate, now }: Reach): Warning[] {
  if (certificate === undefined) return [];
  return [...timeWarnings(certificate, now), ...nameWarnings(certificate)];
}

/** It is kept all the same: clients trust it, and addresses come and go. */
function nameWarnings({ path, missingNames = [] }: ServedCertificate): Warning[] {
  if (missingNames.length === 0) return [];
  const message = `the certificate ${path} is not for ${missingNames.join(', ')}: clients that are to use these need --tls-name, and then the new certificate`;
  return [{ code: 'CERTIFICATE_NAMES_MISSING', message }];
}

function timeWarnings({ path, notBefore, notAfter }: ServedCertificate, now: Date): Warning[] {
  if (now >= new Date(notBefore) && now <= new Date(notAfter)) return [];
  const message = `no client will take the certificate ${path}: it is valid from ${notBefore} to ${notAfter}, and the clock here says ${now.toISOString()}`;
  return [{ code: 'CERTIFICATE_NOT_VALID', message }];
}

function isLoopback(address: string): boolean {
  const loopback = new BlockList();
  loopback.addSubnet('127.0.0.0', 8, 'ipv4');
  loopback.addAddress('::1', 'ipv6');
  return loopback.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}
