import type { PaletteEdgeError } from '../errors.ts';
import { invalidRecipient } from './age-error.ts';

/** Who is to be able to read what is encrypted. */
export type AgeRecipients =
  | {
      readonly kind: 'keys';
      /** `age1…`, checked; at least one. */
      readonly keys: readonly string[];
    }
  | { readonly kind: 'passphrase'; readonly passphrase: string };

/** More would make a header that is not read (see `readAgeHead`). */
const mostKeys = 500;
/** No recipient is as long. */
const mostLength = 4096;

/**
 * Checks recipients: X25519 (`age1…`), and what else the library knows: the post-quantum kind (`age1pq1…`), and those of hardware keys.
 *
 * @throws PaletteEdgeError `RECIPIENT_INVALID` (kind usage); it quotes nothing that may be a secret
 */
export async function parseAgeRecipients(texts: readonly string[]): Promise<AgeRecipients> {
  // Loaded when it is needed: most commands never do.
  const { Encrypter } = await import('age-encryption');
  const keys = [...new Set(texts.map((text) => text.trim()))];
  if (keys.length > mostKeys) throw tooMany(keys.length);
  for (const key of keys) {
    const other = otherThanRecipient(key);
    if (other !== undefined) throw other;
    try {
      new Encrypter().addRecipient(key);
    } catch {
      // Without the library's words: they quote the text.
      throw invalidRecipient(
        `${shown(key)} is mistyped or cut short`,
        'Copy it again from where it was made.',
      );
    }
  }
  // https://c2sp.org/age#the-mlkem768-x25519-ie-x-wing-hybrid-post-quantum-recipient-type: the weaker one would decide.
  if (new Set(keys.map(isPostQuantum)).size > 1) throw mixedKinds();
  return { kind: 'keys', keys };
}

function otherThanRecipient(text: string): PaletteEdgeError | undefined {
  if (/^AGE-(?:SECRET-KEY|PLUGIN)-/i.test(text)) {
    return invalidRecipient(
      'a secret key was given, which belongs to whoever decrypts',
      'Give the recipient of it: age-keygen -y FILE shows it. If others may have seen the secret key, make a new one.',
    );
  }
  if (/^(?:ssh-|ecdsa-|sk-)/.test(text)) {
    return invalidRecipient(
      'keys of SSH are not taken',
      'Make a key of age: palette-edge keys age --output edge.key, or age-keygen -o edge.key',
    );
  }
  if (!text.startsWith('age1') || text.length > mostLength) {
    return invalidRecipient(
      'expected a recipient that begins with age1',
      'The public key that age-keygen or palette-edge keys age showed, not the name of a file.',
    );
  }
  const plugin = /^age1([a-z0-9]+)1/.exec(text)?.[1];
  if (plugin !== undefined && !['pq', 'tag', 'tagpq'].includes(plugin) && text.length < 200) {
    return invalidRecipient(
      `recipients of age plugins are not taken: ${shown(text)}`,
      'Encrypt with age itself.',
    );
  }
  return undefined;
}

function isPostQuantum(key: string): boolean {
  return /^age1(?:tag)?pq1/.test(key);
}

function mixedKinds(): PaletteEdgeError {
  return invalidRecipient(
    'post-quantum recipients (age1pq1…) and others do not go together: the file would be no safer than with the others alone',
    'Use recipients of one kind.',
  );
}

function tooMany(count: number): PaletteEdgeError {
  return invalidRecipient(
    `${count} recipients were given, ${mostKeys} are taken at most`,
    'Encrypt again for the others: palette-edge encrypt',
  );
}

function shown(key: string): string {
  return `${key.slice(0, 12).replaceAll(/[^a-z0-9]/gi, '?')}…`;
}
