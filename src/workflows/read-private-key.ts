import { createReadStream } from 'node:fs';

import { wordDiskError } from '../errors.ts';
import { maximumKeyFile } from '../trust/pem-blocks.ts';
import { findPrivateKey, readPrivateKey } from '../trust/private-key.ts';
import type { PrivateKey } from '../trust/private-key.ts';

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
  const file = findPrivateKey(await readStart(path), path);
  return readPrivateKey(file, file.isEncrypted ? await askPassphrase(path) : undefined);
}

/** One byte more than a key may have, which tells that it is none. */
async function readStart(path: string): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  try {
    for await (const piece of createReadStream(path, { end: maximumKeyFile })) {
      const bytes: Buffer = piece;
      pieces.push(bytes);
    }
  } catch (error) {
    throw wordDiskError(error, `reading the private key ${path}`);
  }
  return Buffer.concat(pieces);
}
