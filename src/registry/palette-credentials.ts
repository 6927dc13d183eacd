import { isRecord } from '../io/is-record.ts';
import { invalidCredentialFile } from './credential-file.ts';
import { normaliseCredentialKey } from './credential-keys.ts';
import type { Credential } from './credential.ts';

/**
 * Reads the credentials of images, or of charts, of a file in Palette's shape:
 * `{"helm": […], "image": [{"endpoint", "username", "password"}]}`. A password may be an object, such as a GCR
 * service account with the user name `_json_key`: it is sent as JSON.
 *
 * @returns credentials by {@link normaliseCredentialKey} of their endpoint; the first one wins
 * @throws PaletteEdgeError `CREDENTIAL_FILE_INVALID` (kind usage)
 */
export function parsePaletteCredentials(
  document: Readonly<Record<string, unknown>>,
  path: string,
  list: 'image' | 'helm' = 'image',
): ReadonlyMap<string, Credential> {
  const { image, helm } = document;
  if (image === undefined && helm === undefined) {
    throw invalidCredentialFile(
      { path, shape: 'palette' },
      'expected the fields "image" and "helm", each a list',
    );
  }
  const credentials = new Map<string, Credential>();
  const entries = list === 'image' ? image : helm;
  if (entries === undefined || entries === null) return credentials;
  if (!Array.isArray(entries))
    throw invalidCredentialFile({ path, shape: 'palette' }, `its field "${list}" is no list`);
  for (const [position, entry] of entries.entries()) {
    const { key, credential } = readEntry(entry, `${list}[${position}]`, path);
    if (!credentials.has(key)) credentials.set(key, credential);
  }
  return credentials;
}

function readEntry(entry: unknown, place: string, path: string): { key: string; credential: Credential } {
  if (!isRecord(entry)) throw invalidCredentialFile({ path, shape: 'palette' }, `${place} is no object`);
  const { endpoint, username, password } = entry;
  if (typeof endpoint !== 'string' || endpoint === '') {
    throw invalidCredentialFile({ path, shape: 'palette' }, `${place} has no endpoint`);
  }
  if (typeof username !== 'string')
    throw invalidCredentialFile({ path, shape: 'palette' }, `${place} has no username`);
  if (typeof password !== 'string' && !isRecord(password)) {
    throw invalidCredentialFile(
      { path, shape: 'palette' },
      `the password of ${place} is neither text nor an object`,
    );
  }
  return {
    key: normaliseCredentialKey(endpoint),
    credential: {
      username,
      password: typeof password === 'string' ? password : JSON.stringify(password),
      origin: `the credentials file ${path}`,
    },
  };
}
