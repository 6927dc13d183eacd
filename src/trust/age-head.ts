import { hkdfSync, randomBytes } from 'node:crypto';

import type { Recipient } from 'age-encryption';

import { passphraseRecipient } from './age-passphrase.ts';
import type { AgeRecipients } from './age-recipients.ts';
import { ageTagSize } from './age-stream.ts';

/** Bytes between header and payload (https://c2sp.org/age#payload). */
export const payloadNonceSize = 16;

/** What an encrypted file begins with. */
export interface NewAgeFile {
  /** Header and nonce of the payload. */
  readonly head: Uint8Array;
  /** Key of the payload. */
  readonly key: Uint8Array;
}

/** Makes the beginning of an encrypted file, with a key of its own: no two files have the same bytes. */
export async function beginAgeFile(recipients: AgeRecipients): Promise<NewAgeFile> {
  const { Encrypter } = await import('age-encryption');
  const encrypter = new Encrypter();
  if (recipients.kind === 'passphrase') encrypter.addRecipient(passphraseRecipient(recipients.passphrase));
  else for (const key of recipients.keys) encrypter.addRecipient(key);
  let fileKey = new Uint8Array();
  const listener: Recipient = {
    wrapFileKey: (key) => {
      fileKey = Uint8Array.from(key);
      return [];
    },
  };
  encrypter.addRecipient(listener);
  // The library makes the header. Its empty payload is thrown away with its nonce: the real one is encrypted by Node, many times as fast.
  const empty = await encrypter.encrypt(new Uint8Array());
  const header = empty.subarray(0, empty.length - payloadNonceSize - ageTagSize);
  const nonce = randomBytes(payloadNonceSize);
  return { head: Buffer.concat([header, nonce]), key: payloadKey(fileKey, nonce) };
}

/** The key of a payload (https://c2sp.org/age#payload). */
export function payloadKey(fileKey: Uint8Array, nonce: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', fileKey, nonce, 'payload', 32));
}
