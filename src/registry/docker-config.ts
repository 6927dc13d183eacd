import { PaletteEdgeError } from '../errors.ts';
import { isRecord } from '../io/is-record.ts';
import { invalidCredentialFile } from './credential-file.ts';
import { normaliseCredentialKey } from './credential-keys.ts';
import type { Credential } from './credential.ts';

/** What Docker's `config.json`, or `auth.json` of podman and skopeo, says about credentials. */
export interface DockerConfig {
  /**
   * `auths`, by {@link normaliseCredentialKey}. An entry that makes no sense is its error: no reason to fail what goes to other
   * registries.
   */
  readonly credentials: ReadonlyMap<string, Credential | PaletteEdgeError>;
  /** `credHelpers`: names of helpers by host. */
  readonly helpers: ReadonlyMap<string, string>;
  /** `credsStore`: the helper for every other host. */
  readonly store: string | undefined;
}

/** Reads a Docker config; fields it does not have, or that are of no use here, are passed over. */
export function parseDockerConfig(document: Readonly<Record<string, unknown>>, path: string): DockerConfig {
  const { auths, credHelpers, credsStore } = document;
  return {
    credentials: readAuths(auths, path),
    helpers: readHelpers(credHelpers),
    store: typeof credsStore === 'string' && credsStore !== '' ? credsStore : undefined,
  };
}

/** The helper that keeps a registry's credentials, by the name behind `docker-credential-`. */
export function helperOf({ helpers, store }: DockerConfig, registry: string): string | undefined {
  return helpers.get(registry) ?? store;
}

function readAuths(auths: unknown, path: string): Map<string, Credential | PaletteEdgeError> {
  const credentials = new Map<string, Credential | PaletteEdgeError>();
  if (!isRecord(auths)) return credentials;
  for (const [name, entry] of Object.entries(auths)) {
    const credential = isRecord(entry) ? readEntry(entry, name, path) : undefined;
    const key = normaliseCredentialKey(name);
    const isFirst = !credentials.has(key) || credentials.get(key) instanceof PaletteEdgeError;
    if (credential !== undefined && isFirst) credentials.set(key, credential);
  }
  return credentials;
}

function readHelpers(credHelpers: unknown): Map<string, string> {
  const helpers = new Map<string, string>();
  if (!isRecord(credHelpers)) return helpers;
  for (const [host, name] of Object.entries(credHelpers)) {
    if (typeof name === 'string' && name !== '') helpers.set(normaliseCredentialKey(host), name);
  }
  return helpers;
}

/** An entry without anything in it is what `docker login` leaves when a helper keeps the secret. */
function readEntry(
  entry: Record<string, unknown>,
  name: string,
  path: string,
): Credential | PaletteEdgeError | undefined {
  const { auth, identitytoken } = entry;
  const origin = `the Docker config ${path}`;
  const pair = typeof auth === 'string' && auth !== '' ? decodeAuth(auth, name, path) : plainPair(entry);
  if (pair instanceof PaletteEdgeError) return pair;
  if (typeof identitytoken === 'string' && identitytoken !== '') {
    return { identityToken: identitytoken, username: pair?.username || undefined, origin };
  }
  return pair === undefined ? undefined : { ...pair, origin };
}

/** @returns `CREDENTIAL_FILE_INVALID` (kind usage) that names the entry, never its content, for what is none */
function decodeAuth(
  auth: string,
  name: string,
  path: string,
): { username: string; password: string } | PaletteEdgeError {
  const text = Buffer.from(auth, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon === -1)
    return invalidCredentialFile(
      { path, shape: 'docker' },
      `the auth of ${JSON.stringify(name)} is no base64 of user:password`,
    );
  // Old Docker clients padded the password with zero bytes.
  return { username: text.slice(0, colon), password: text.slice(colon + 1).replace(/\0+$/, '') };
}

function plainPair(entry: Record<string, unknown>): { username: string; password: string } | undefined {
  const { username, password } = entry;
  if (typeof username !== 'string' || typeof password !== 'string' || username === '') return undefined;
  return { username, password };
}
