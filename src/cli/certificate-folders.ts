import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { PaletteEdgeError, systemErrorCode, wordDiskError } from '../errors.ts';
import { checkHostTls } from '../http/host-tls.ts';
import type { CaCertificateFile, ClientCertificate, HostTls } from '../http/host-tls.ts';
import { readSourceFile } from '../workflows/read-source-file.ts';

/** Where certificates of hosts may lie. */
export interface CertificateFolders {
  /** The folder of `--cert-dir`; undefined when none was named. */
  readonly named: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly homeFolder: string;
}

/** Folders that Docker, podman and skopeo read; later ones win. */
function defaultFolders({ environment, homeFolder }: CertificateFolders): string[] {
  const configHome = environment['XDG_CONFIG_HOME'];
  const userFolder = configHome === undefined || configHome === '' ? join(homeFolder, '.config') : configHome;
  return ['/etc/docker/certs.d', '/etc/containers/certs.d', join(userFolder, 'containers', 'certs.d')];
}

/**
 * Reads certificates of hosts from folders as Docker, podman and skopeo know them: `HOST[:PORT]/*.crt` are authorities,
 * `*.cert` with the `*.key` of the same name is a client certificate. A folder that was named stands for itself; default
 * folders are read where they can be.
 *
 * @throws PaletteEdgeError when something in the named folder cannot be read, or a key is missing (kind usage)
 */
export async function readCertificateFolders(
  folders: CertificateFolders,
): Promise<ReadonlyMap<string, HostTls>> {
  if (folders.named !== undefined) return await readFolder(folders.named);
  const found = new Map<string, HostTls>();
  for (const folder of defaultFolders(folders)) {
    for (const [host, tls] of await readDefaultFolder(folder)) found.set(host, tls);
  }
  return found;
}

/** What is not there, or not for us, is passed over: nobody asked for it. */
async function readDefaultFolder(folder: string): Promise<ReadonlyMap<string, HostTls>> {
  const found = new Map<string, HostTls>();
  const hosts = await readdir(folder).catch(() => []);
  for (const host of hosts) {
    try {
      const tls = await readHostFolder(join(folder, host));
      if (tls !== undefined) found.set(host.toLowerCase(), tls);
    } catch {
      continue;
    }
  }
  return found;
}

async function readFolder(folder: string): Promise<ReadonlyMap<string, HostTls>> {
  try {
    const found = new Map<string, HostTls>();
    for (const host of await readdir(folder)) {
      const tls = await readHostFolder(join(folder, host));
      if (tls === undefined) continue;
      checkHostTls(tls);
      found.set(host.toLowerCase(), tls);
    }
    return found;
  } catch (error) {
    throw wordDiskError(error, `reading the certificates in ${folder} (--cert-dir)`);
  }
}

/** @returns undefined for a file, and for a folder without certificates */
async function readHostFolder(folder: string): Promise<HostTls | undefined> {
  const names = await namesIn(folder);
  const authorities = await Promise.all(
    names
      .filter((name) => name.endsWith('.crt'))
      .map(async (name) => await readAuthority(join(folder, name))),
  );
  const certName = names.find((name) => name.endsWith('.cert'));
  const certificate = certName === undefined ? undefined : await readPair(folder, certName, names);
  if (authorities.length === 0 && certificate === undefined) return undefined;
  return { authorities, certificate };
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).toSorted();
  } catch (error) {
    if (systemErrorCode(error) === 'ENOTDIR') return [];
    throw error;
  }
}

async function readAuthority(path: string): Promise<CaCertificateFile> {
  return { name: path, pem: (await readSourceFile(path, 'CA certificate')).text };
}

async function readPair(
  folder: string,
  certName: string,
  names: readonly string[],
): Promise<ClientCertificate> {
  const keyName = `${certName.slice(0, -'.cert'.length)}.key`;
  const path = join(folder, certName);
  if (!names.includes(keyName)) {
    throw new PaletteEdgeError('CLIENT_CERTIFICATE_INVALID', `${path} has no key beside it`, {
      kind: 'usage',
      suggestions: [`Put its private key beside it, as ${keyName}.`],
    });
  }
  const [cert, key] = await Promise.all([
    readSourceFile(path, 'client certificate'),
    readSourceFile(join(folder, keyName), 'key of a client certificate'),
  ]);
  return { name: path, cert: cert.text, key: key.text };
}
