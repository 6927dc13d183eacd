import { generateKeyPair } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { promisify } from 'node:util';

import { publicKeyOf } from './public-key.ts';
import type { PublicKey } from './public-key.ts';

/** Kinds of keys that are made. */
export const keyTypes = ['ecdsa', 'rsa', 'ed25519'] as const;

/** One of {@link keyTypes}. */
export type KeyType = (typeof keyTypes)[number];

/** A new pair of keys. */
export interface GeneratedKey {
  /** In PKCS#8 (RFC 5958), as PEM; encrypted when a passphrase was given. */
  readonly privatePem: string;
  readonly publicKey: PublicKey;
}

/** As strong as P-256 (NIST SP 800-57, part 1, table 2). */
const rsaBits = 3072;

const generate = promisify(generateKeyPair);

/**
 * Makes a pair of keys from the random numbers of the system.
 *
 * @param passphrase encrypts the private key, with AES-256; undefined leaves it readable
 */
export async function generateKey(type: KeyType, passphrase: string | undefined): Promise<GeneratedKey> {
  const { privateKey, publicKey } = await generateOf(type);
  const encryption = passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase };
  const privatePem = privateKey.export({ type: 'pkcs8', format: 'pem', ...encryption }).toString();
  return { privatePem, publicKey: publicKeyOf(publicKey, 'the new key') };
}

async function generateOf(
  type: KeyType,
): Promise<{ readonly privateKey: KeyObject; readonly publicKey: KeyObject }> {
  switch (type) {
    case 'ecdsa':
      return await generate('ec', { namedCurve: 'prime256v1' });
    case 'rsa':
      return await generate('rsa', { modulusLength: rsaBits });
    case 'ed25519':
      return await generate('ed25519');
    default:
      throw new TypeError('unknown type of key');
  }
}
