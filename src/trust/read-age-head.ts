import type { RandomAccess } from '../io/random-access.ts';
import { invalidAgeHeader, notEncrypted } from './age-error.ts';
import { payloadNonceSize } from './age-head.ts';

/** The beginning of an encrypted file, read but not opened. */
export interface AgeHead {
  /** With its MAC and the line break behind it. */
  readonly header: Uint8Array;
  readonly nonce: Uint8Array;
  /** Where the first chunk begins, in bytes. */
  readonly payloadStart: number;
  /** What kinds of recipients it has: `X25519`, `scrypt`. */
  readonly recipients: readonly string[];
}

/** What every file that age writes begins with (https://c2sp.org/age#version-line). */
const intro = 'age-encryption.org/';
const versionLine = `${intro}v1\n`;
const armorIntro = '-----BEGIN AGE ENCRYPTED FILE-----';

/** Thousands of recipients. */
const mostHeader = 1024 * 1024;
const firstRead = 16 * 1024;

/**
 * Reads the header of an encrypted file.
 *
 * @param name the file, for messages
 * @throws PaletteEdgeError `NOT_ENCRYPTED` (kind usage), `ENCRYPTED_FILE_INVALID` (kind content), and those of reading
 */
export async function readAgeHead(access: RandomAccess, name: string): Promise<AgeHead> {
  for (let length = firstRead; ; length *= 4) {
    const bytes = await access.read(0, Math.min(length, access.size, mostHeader));
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
    if (!text.startsWith(versionLine)) throw otherFile(text, name);
    // No other line begins with dashes: bodies are base64, and stanzas begin with an arrow.
    const mac = text.indexOf('\n---');
    const end = mac === -1 ? -1 : text.indexOf('\n', mac + 1);
    if (end !== -1) return await headOf(access, { name, text: text.slice(0, end + 1) });
    if (bytes.length === access.size) throw invalidAgeHeader(name, 'the file ends in the middle of it');
    if (bytes.length >= mostHeader) throw invalidAgeHeader(name, `it has more than ${mostHeader} bytes`);
  }
}

async function headOf(
  access: RandomAccess,
  { name, text }: { readonly name: string; readonly text: string },
): Promise<AgeHead> {
  const nonceEnd = text.length + payloadNonceSize;
  if (nonceEnd > access.size) throw invalidAgeHeader(name, 'the file ends right behind it');
  const kinds = Array.from(text.matchAll(/^-> ([\x21-\x7e]+)/gm), ([, kind = '']) => kind.slice(0, 40));
  return {
    header: Buffer.from(text, 'latin1'),
    nonce: await access.read(text.length, payloadNonceSize),
    payloadStart: nonceEnd,
    recipients: [...new Set(kinds)],
  };
}

function otherFile(text: string, name: string): Error {
  if (text === '') return notEncrypted(name, 'it is empty', 'Copy it again from where it was made.');
  if (text.startsWith(intro))
    return notEncrypted(name, 'it has another version of the format than v1', 'Decrypt it with age itself.');
  if (text.trimStart().startsWith(armorIntro)) {
    return notEncrypted(
      name,
      'it is armored: text instead of bytes, which is a third larger',
      'Decrypt it with age itself: age -d -i IDENTITY -o NAME.tar.zst FILE',
    );
  }
  if (text.startsWith('\x28\xb5\x2f\xfd'))
    return notEncrypted(name, 'it is a bundle as it is', 'There is nothing to decrypt: use it.');
  return notEncrypted(
    name,
    `it does not begin with ${intro}`,
    'Name the .age file, or the list of its parts.',
  );
}
