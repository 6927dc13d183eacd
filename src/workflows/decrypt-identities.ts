import { PaletteEdgeError, wordDiskError } from '../errors.ts';
import { readCappedFile } from '../io/read-capped-file.ts';
import { refuseSecretText } from '../io/refuse-secret-text.ts';
import { mostIdentityBytes, parseAgeIdentities } from '../trust/age-identities.ts';

/**
 * Reads the identities of files, all of them.
 *
 * @param askPassphrase called with the path of a file that is encrypted itself
 * @throws PaletteEdgeError `IDENTITY_INVALID`, `PATH_INVALID` (kind usage), or why a file cannot be read
 */
export async function readIdentities(
  paths: readonly string[],
  askPassphrase: (path: string) => Promise<string>,
): Promise<readonly string[]> {
  const identities: string[] = [];
  for (const name of new Set(paths)) {
    const bytes = await readFileOf(name);
    const ask = async (): Promise<string> => await askPassphrase(name);
    identities.push(...(await parseAgeIdentities({ name, bytes, askPassphrase: ask })));
  }
  return [...new Set(identities)];
}

/** A pipe will do, as for the keys of signatures: what gives out secrets often writes into one. */
async function readFileOf(path: string): Promise<Uint8Array> {
  refuseSecretText(path, 'identity file');
  let bytes: Uint8Array;
  try {
    bytes = await readCappedFile(path, mostIdentityBytes);
  } catch (error) {
    throw wordDiskError(error, `reading the identity file ${path}`);
  }
  if (bytes.length <= mostIdentityBytes) return bytes;
  throw new PaletteEdgeError(
    'IDENTITY_INVALID',
    `${path} holds no identity that can be used: it has more than ${mostIdentityBytes} bytes`,
    { kind: 'usage', suggestions: ['Is it the right file?'] },
  );
}
