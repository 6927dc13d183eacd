import { PaletteEdgeError } from '../errors.ts';
import { invalidAgeHeader } from './age-error.ts';
import { payloadKey } from './age-head.ts';
import { isAbort, passphraseIdentity } from './age-passphrase.ts';
import type { AgeHead } from './read-age-head.ts';

/** What files are opened with. */
export interface AgeKeys {
  /** `AGE-SECRET-KEY-1…`, checked. */
  readonly identities: readonly string[];
  /** Called only for a file that is encrypted with a passphrase, and when there are no identities. */
  readonly askPassphrase: () => Promise<string>;
}

/**
 * Finds the key of a file's payload.
 *
 * @param name the file, for messages
 * @throws PaletteEdgeError `NO_IDENTITY_MATCHES`, `PASSPHRASE_WRONG` (kind authentication), `IDENTITY_NEEDED` (kind usage),
 *   `ENCRYPTED_FILE_INVALID` (kind content), and what asking for the passphrase throws
 */
export async function openAgeHead(head: AgeHead, keys: AgeKeys, name: string): Promise<Uint8Array> {
  const { Decrypter } = await import('age-encryption');
  const decrypter = new Decrypter();
  for (const identity of keys.identities) decrypter.addIdentity(identity);
  if (keys.identities.length === 0) decrypter.addIdentity(passphraseIdentity(keys.askPassphrase));
  decrypter.addIdentity({
    // They are asked in turn: when it comes to this one, no other could.
    unwrapFileKey: () => {
      throw nobody(head, keys, name);
    },
  });
  try {
    return payloadKey(await decrypter.decryptHeader(head.header), head.nonce);
  } catch (error) {
    if (error instanceof PaletteEdgeError || isAbort(error)) throw error;
    throw invalidAgeHeader(name, error instanceof Error ? error.message : 'it cannot be read', error);
  }
}

function nobody({ recipients }: AgeHead, { identities }: AgeKeys, name: string): PaletteEdgeError {
  const isPassphrase = recipients.includes('scrypt');
  if (isPassphrase && identities.length === 0) {
    return new PaletteEdgeError('PASSPHRASE_WRONG', `the passphrase does not open ${name}`, {
      kind: 'authentication',
      suggestions: ['Type it again. Capitals, spaces and the layout of the keyboard count.'],
    });
  }
  if (identities.length === 0) {
    return new PaletteEdgeError('IDENTITY_NEEDED', `${name} is encrypted to a key, and none was given`, {
      kind: 'usage',
      suggestions: [`Name the file with the secret key: palette-edge decrypt ${name} --identity FILE`],
    });
  }
  const opens =
    identities.length === 1 ? 'the identity does not open' : `none of ${identities.length} identities opens`;
  const others = recipients.map((kind) => (/^[\w./-]+$/.test(kind) ? kind : '?')).join(', ');
  return new PaletteEdgeError(
    'NO_IDENTITY_MATCHES',
    isPassphrase
      ? `${name} is encrypted with a passphrase: no identity opens it`
      : `${name} is encrypted to others: ${opens} it (it has recipients of kind ${others})`,
    {
      kind: 'authentication',
      suggestions: [
        isPassphrase
          ? 'Leave out --identity, and be asked for the passphrase.'
          : 'Name the file with the secret key of one of its recipients: --identity FILE',
      ],
    },
  );
}
