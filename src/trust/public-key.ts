import { createPublicKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

import { digestOf } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import { keyAlgorithm } from './key-algorithm.ts';
import type { SignatureAlgorithm } from './key-algorithm.ts';
import { pemBlocks } from './pem-blocks.ts';
import type { PemBlock } from './pem-blocks.ts';
import { invalidKey } from './trust-error.ts';

/** A key that signatures are checked with. */
export interface PublicKey {
  /** The sha256 of its DER (RFC 5280, `SubjectPublicKeyInfo`): `openssl pkey -pubin -in KEY.pub -outform DER | sha256sum`. */
  readonly id: Digest;
  readonly algorithm: SignatureAlgorithm;
  readonly key: KeyObject;
}

/** Keys in one file: old and new ones, while keys change. */
const maximumKeys = 16;

/**
 * Reads the public keys of a PEM file: one, or several one after the other.
 *
 * @param name the file, for messages
 * @throws PaletteEdgeError `KEY_INVALID` for what holds no public key, `KEY_UNSUITABLE` for a kind that nothing is signed with (kind usage)
 */
export function parsePublicKeys(bytes: Uint8Array, name: string): readonly PublicKey[] {
  const blocks = pemBlocks(bytes, name);
  if (blocks.length > maximumKeys)
    throw invalidKey(name, `it holds more than ${maximumKeys} keys`, 'Name the keys that you trust only.');
  return blocks.map((block) => parseBlock(block, name));
}

function parseBlock({ label, text }: PemBlock, name: string): PublicKey {
  if (label.endsWith('PRIVATE KEY')) {
    throw invalidKey(
      name,
      'it is a private key, which belongs to who signs only',
      `Take its public key: openssl pkey -in ${name} -pubout -out KEY.pub`,
    );
  }
  if (label.endsWith('CERTIFICATE')) {
    throw invalidKey(
      name,
      'it is a certificate',
      `Take its public key: openssl x509 -in ${name} -noout -pubkey -out KEY.pub`,
    );
  }
  if (label !== 'PUBLIC KEY' && label !== 'RSA PUBLIC KEY')
    throw invalidKey(name, `it holds a ${label}`, 'Name a public key in PEM: -----BEGIN PUBLIC KEY-----');
  return publicKeyOf(readKey(text, name), name);
}

function readKey(text: string, name: string): KeyObject {
  try {
    return createPublicKey(text);
  } catch {
    throw invalidKey(name, 'its public key is damaged', 'Copy it again from where it was made.');
  }
}

/**
 * A public key with its id.
 *
 * @throws PaletteEdgeError `KEY_UNSUITABLE` (kind usage)
 */
export function publicKeyOf(key: KeyObject, name: string): PublicKey {
  const algorithm = keyAlgorithm(key, name);
  // A point may be written in two ways; the id must not depend on it.
  const same =
    algorithm === 'ecdsa-p256-sha256'
      ? createPublicKey({ key: key.export({ format: 'jwk' }), format: 'jwk' })
      : key;
  return { id: digestOf(same.export({ type: 'spki', format: 'der' })), algorithm, key: same };
}

/** The key as a PEM file. */
export function publicKeyPem({ key }: PublicKey): string {
  return key.export({ type: 'spki', format: 'pem' }).toString();
}
