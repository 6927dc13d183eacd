import { Flags } from '@oclif/core';

import type { PrivateKey } from '../trust/private-key.ts';
import { readPrivateKeyFile } from '../workflows/read-private-key.ts';
import { keyPassphrase } from './key-passphrase.ts';

/** The key that a bundle is signed with while it is built. */
export const privateKeyFlag = Flags.string({
  helpGroup: 'OUTPUT',
  helpValue: 'FILE',
  summary: 'Sign the bundle with this private key, in PEM: as palette-edge sign does, but in the bundle.',
});

/** As {@link privateKeyOf}; undefined when nothing is to be signed. */
export async function optionalPrivateKey(
  path: string | undefined,
  signal: AbortSignal,
): Promise<PrivateKey | undefined> {
  return path === undefined ? undefined : await privateKeyOf(path, signal);
}

/**
 * Reads the private key of a flag; asks for the passphrase of an encrypted one.
 *
 * @throws PaletteEdgeError as {@link readPrivateKeyFile} does; the signal's reason when aborted
 */
export async function privateKeyOf(path: string, signal: AbortSignal): Promise<PrivateKey> {
  return await readPrivateKeyFile(path, async (file) => await keyPassphrase(file, signal));
}
