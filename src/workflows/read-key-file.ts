import { wordDiskError } from '../errors.ts';
import { readCappedFile } from '../io/read-capped-file.ts';
import { refuseSecretText } from '../io/refuse-secret-text.ts';
import { maximumKeyFile } from '../trust/pem-blocks.ts';

/**
 * Reads a file of keys: one byte more at most than it may have, which tells that it is none. A pipe will do: what gives out keys often writes
 * into one.
 *
 * @param what what it is, for messages: `public key`
 * @throws PaletteEdgeError `PATH_INVALID` (kind usage) for a key in place of a path, or why it cannot be read
 */
export async function readKeyFile(path: string, what: string): Promise<Uint8Array> {
  refuseSecretText(path, what);
  try {
    return await readCappedFile(path, maximumKeyFile);
  } catch (error) {
    throw wordDiskError(error, `reading the ${what} ${path}`);
  }
}
