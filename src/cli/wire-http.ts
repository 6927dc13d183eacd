import { homedir } from 'node:os';

import { HttpClient } from '../http/http-client.ts';
import { checkHostTls } from '../http/host-tls.ts';
import type { HostTls } from '../http/host-tls.ts';
import { withoutDefaultPort } from '../registry/repository-name.ts';
import { readSourceFile } from '../workflows/read-source-file.ts';
import { parseByteRate } from './byte-rate.ts';
import { readCertificateFolders } from './certificate-folders.ts';
import { hostList } from './host-list.ts';
import { proxiesOf } from './proxy-environment.ts';
import type { RegistryFlags } from './registry-flags.ts';

/** What is known of hosts besides flags and environment. */
export interface KnownHosts {
  readonly plainHttpHosts: Iterable<string>;
  /** By `host:port`. Goes before what the folders of Docker and podman say, not before `--cert-dir`. */
  readonly tls: ReadonlyMap<string, HostTls>;
}

/**
 * Builds the HTTP client of a command. Files that were named are read now, so that what is wrong with them is told before
 * anything is pulled.
 *
 * @throws PaletteEdgeError for flags, variables and files that make no sense
 */
export async function wireHttp(
  flags: Pick<RegistryFlags, 'plain-http' | 'insecure' | 'ca-cert' | 'cert-dir' | 'max-rate'>,
  hosts: KnownHosts,
  userAgent: string,
): Promise<HttpClient> {
  const { 'cert-dir': certificateFolder, 'max-rate': maxRate } = flags;
  const environment = process.env;
  const caCertificates = await Promise.all(
    flags['ca-cert'].map(async (path) => ({
      name: `${path} (--ca-cert)`,
      pem: (await readSourceFile(path, 'CA certificate')).text,
    })),
  );
  for (const tls of hosts.tls.values()) checkHostTls(tls);
  const folders = await readCertificateFolders({
    named: certificateFolder,
    environment,
    homeFolder: homedir(),
  });
  // A folder without a port holds for 443, too, and comes before what a file says of that port.
  const ownTls = [...hosts.tls].filter(([host]) => !folders.has(withoutDefaultPort(host)));
  return new HttpClient({
    plainHttpHosts: new Set([...hostList('--plain-http', flags['plain-http']), ...hosts.plainHttpHosts]),
    insecureHosts: hostList('--insecure', flags.insecure),
    caCertificates,
    hostTls: new Map(certificateFolder === undefined ? [...folders, ...hosts.tls] : [...ownTls, ...folders]),
    proxies: proxiesOf(environment),
    maximumBytesPerSecond: maxRate === undefined ? undefined : parseByteRate('--max-rate', maxRate),
    userAgent,
  });
}
