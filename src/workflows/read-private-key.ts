import { findPrivateKey, readPrivateKey } from '../trust/private-key.ts';
import type { PrivateKey } from '../trust/private-key.ts';
import { readKeyFile } from './read-key-file.ts';

/**
 * Reads the private key that bundles are signed with. A pipe will do: what gives out secrets often writes into one.
 *
 * @param askPassphrase is asked for an encrypted key only; undefined when there is nobody to ask
 * @throws PaletteEdgeError `KEY_INVALID`, `KEY_UNSUITABLE` (kind usage), `KEY_PASSPHRASE_MISSING`, `KEY_PASSPHRASE_WRONG` (kind authentication), or why
 *   the file cannot be read
 */
export async function readPrivateKeyFile(
  path: string,
  askPassphrase: (path: string) => Promise<string | undefined>,
): Promise<PrivateKey> {
  const file = findPrivateKey(await readKeyFile(path, 'private key'), path);
  return readPrivateKey(file, file.isEncrypted ? await askPassphrase(path) : undefined);
}
