import { PaletteEdgeError } from '../errors.ts';
import { invalidIdentity } from './age-error.ts';
import { isAbort, passphraseIdentity } from './age-passphrase.ts';

/** Most bytes that a file of identities may have. */
export const mostIdentityBytes = 1024 * 1024;
const mostIdentities = 1000;

/** Where identities come from. */
export interface IdentityFile {
  /** For messages. */
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Called for a file that is encrypted with a passphrase itself. */
  readonly askPassphrase: () => Promise<string>;
}

/**
 * Reads a file as age-keygen writes it: an identity on a line, comments behind `#`. It may be encrypted with a passphrase, armored or not.
 *
 * @throws PaletteEdgeError `IDENTITY_INVALID` (kind usage), which quotes nothing of it; what asking for the passphrase throws
 */
export async function parseAgeIdentities(file: IdentityFile): Promise<readonly string[]> {
  const { Decrypter } = await import('age-encryption');
  const lines = (await plainText(file)).split('\n');
  const identities: string[] = [];
  for (const [index, line] of lines.entries()) {
    const text = line.trim();
    if (text === '' || text.startsWith('#')) continue;
    const place = `${file.name}, line ${index + 1},`;
    if (!text.startsWith('AGE-SECRET-KEY-')) throw invalidIdentity(place, whatItIs(text), makeOne);
    try {
      new Decrypter().addIdentity(text);
    } catch {
      // Without the library's words: they may quote the key.
      throw invalidIdentity(place, 'it is mistyped or cut short', 'Copy it again from where it was made.');
    }
    identities.push(text);
    if (identities.length > mostIdentities)
      throw invalidIdentity(file.name, `it has more than ${mostIdentities}`, 'Is it the right file?');
  }
  if (identities.length > 0) return identities;
  throw invalidIdentity(file.name, 'there is none in it', makeOne);
}

const makeOne =
  'Name a file that age-keygen or palette-edge keys age wrote: its line begins with AGE-SECRET-KEY-1';

function whatItIs(text: string): string {
  if (text.startsWith('age1')) return 'a recipient stands there, which only encrypts';
  if (text.startsWith('AGE-PLUGIN-')) return 'identities of age plugins are not taken';
  if (text.startsWith('-----BEGIN')) return 'keys of SSH and of openssl are not taken';
  return 'something else stands there';
}

async function plainText({ name, bytes, askPassphrase }: IdentityFile): Promise<string> {
  const text = Buffer.from(bytes).toString('latin1');
  const isArmored = text.trimStart().startsWith('-----BEGIN AGE ENCRYPTED FILE-----');
  if (!isArmored && !text.startsWith('age-encryption.org/')) return text;
  const { armor, Decrypter } = await import('age-encryption');
  const decrypter = new Decrypter();
  decrypter.addIdentity(passphraseIdentity(askPassphrase));
  try {
    return Buffer.from(await decrypter.decrypt(isArmored ? armor.decode(text) : bytes)).toString('latin1');
  } catch (error) {
    if (error instanceof PaletteEdgeError || isAbort(error)) throw error;
    throw invalidIdentity(
      name,
      'it is encrypted, and the passphrase does not open it',
      'Type it again. Or decrypt the file with age itself.',
    );
  }
}

/** Makes an identity, with the text of its file as age-keygen writes it, but for the time. */
export async function newAgeIdentity(): Promise<{ readonly text: string; readonly recipient: string }> {
  const { generateX25519Identity, identityToRecipient } = await import('age-encryption');
  const identity = await generateX25519Identity();
  const recipient = await identityToRecipient(identity);
  return { text: `# public key: ${recipient}\n${identity}\n`, recipient };
}
