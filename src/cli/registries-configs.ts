import { dirname, resolve } from 'node:path';

import type { HostTls } from '../http/host-tls.ts';
import type { Credential } from '../registry/credential.ts';
import { withoutDefaultPort } from '../registry/repository-name.ts';
import { readSourceFile } from '../workflows/read-source-file.ts';
import { fieldsOf, invalidPiece, switchOf, textOf } from './registries-piece.ts';
import type { RegistriesPiece } from './registries-piece.ts';
import { registryHost } from './registries-host.ts';

/** What a registries file says about hosts. */
export interface HostConfigs {
  /** By registry, as in a reference, without the port 443. */
  readonly credentials: ReadonlyMap<string, Credential>;
  /** By host and port, as in a URL. */
  readonly tls: ReadonlyMap<string, HostTls>;
}

interface HostConfig {
  readonly credential: Credential | undefined;
  readonly tls: HostTls | undefined;
}

/**
 * Reads `configs` of a registries file: `HOST: {auth: {…}, tls: {…}}`. `"*"` holds for the registries that the file names
 * elsewhere, and for no other: credentials are not for whoever asks.
 *
 * @param named the registries that the file names elsewhere
 * @throws PaletteEdgeError `REGISTRIES_FILE_INVALID`, and for files that cannot be read
 */
export async function readConfigs(
  section: RegistriesPiece | undefined,
  named: Iterable<string>,
): Promise<HostConfigs> {
  const configs = new Map<string, HostConfig>();
  for (const [name, piece] of section === undefined ? [] : fieldsOf(section)) {
    const registry = name === '*' ? name : registryHost(name, piece);
    const fields = fieldsOf(piece, ['auth', 'tls']);
    configs.set(registry, {
      credential: readCredential(fields.get('auth')),
      tls: await readTls(fields.get('tls')),
    });
  }
  const common = configs.get('*');
  configs.delete('*');
  for (const registry of Array.from(common === undefined ? [] : named, withoutDefaultPort))
    if (common !== undefined && !configs.has(registry)) configs.set(registry, common);
  return {
    credentials: present([...configs].map(([registry, { credential }]) => [registry, credential])),
    tls: present([...configs].map(([registry, { tls }]) => [hostAndPort(registry), tls])),
  };
}

function present<T>(entries: readonly (readonly [string, T | undefined])[]): ReadonlyMap<string, T> {
  return new Map(entries.flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const])));
}

/** What is said of `registry.corp` is said of its port 443, and of no other server on that host. */
function hostAndPort(registry: string): string {
  const host = registry === 'docker.io' ? 'registry-1.docker.io' : registry;
  return /:\d+$/.test(host) ? host : `${host}:443`;
}

const authKeys = ['username', 'password', 'auth', 'identity_token', 'token'] as const;

function readCredential(piece: RegistriesPiece | undefined): Credential | undefined {
  const fields = piece === undefined ? undefined : fieldsOf(piece, authKeys);
  if (piece === undefined || fields === undefined || fields.size === 0) return undefined;
  const origin = `the registries file ${piece.file}`;
  const username = textOf(fields.get('username'));
  const identityToken = textOf(fields.get('identity_token')) ?? textOf(fields.get('token'));
  if (identityToken !== undefined) return { identityToken, username, origin };
  return { ...readLogin(piece, fields), origin };
}

function readLogin(
  piece: RegistriesPiece,
  fields: ReadonlyMap<string, RegistriesPiece>,
): { username: string; password: string } {
  const auth = fields.get('auth');
  if (auth !== undefined && textOf(auth) !== undefined) return decodeAuth(auth);
  const username = textOf(fields.get('username'));
  const password = textOf(fields.get('password'));
  if (username !== undefined && password !== undefined) return { username, password };
  throw invalidPiece(piece, `it has no ${username === undefined ? 'username' : 'password'}`, [
    'Expected username and password, or auth, or identity_token.',
  ]);
}

/** Base64 of `user:password`, as in Docker's config. */
function decodeAuth(piece: RegistriesPiece): { username: string; password: string } {
  const text = Buffer.from(textOf(piece) ?? '', 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon < 1) throw invalidPiece(piece, 'it is no base64 of user:password');
  return { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

async function readTls(piece: RegistriesPiece | undefined): Promise<HostTls | undefined> {
  if (piece === undefined) return undefined;
  const fields = fieldsOf(piece, ['ca_file', 'cert_file', 'key_file', 'insecure_skip_verify']);
  if (fields.size === 0) return undefined;
  const pathOf = (key: string): string | undefined => {
    const path = textOf(fields.get(key));
    return path === undefined ? undefined : resolve(dirname(piece.file), path);
  };
  const [caFile, certFile, keyFile] = [pathOf('ca_file'), pathOf('cert_file'), pathOf('key_file')];
  if ((certFile === undefined) !== (keyFile === undefined)) {
    throw invalidPiece(piece, `it has ${certFile === undefined ? 'key_file' : 'cert_file'} alone`, [
      'A client certificate needs both cert_file and key_file.',
    ]);
  }
  return {
    authorities:
      caFile === undefined
        ? undefined
        : [{ name: caFile, pem: (await readSourceFile(caFile, 'CA certificate')).text }],
    certificate:
      certFile === undefined || keyFile === undefined
        ? undefined
        : {
            name: certFile,
            cert: (await readSourceFile(certFile, 'client certificate')).text,
            key: (await readSourceFile(keyFile, 'client key')).text,
          },
    isInsecure: switchOf(fields.get('insecure_skip_verify')),
  };
}
