import { sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

import { p256 } from '@noble/curves/nist.js';

import type { PrivateKey } from './private-key.ts';
import type { Signature } from './signature-file.ts';

/**
 * Signs bytes: the same key and bytes give the same signature. RSA as PKCS#1 v1.5 (RFC 8017, section 8.2), Ed25519 pure (RFC 8032, section 5.1.6), ECDSA with the nonce
 * of RFC 6979 (section 3.2), where Node would take a random one.
 */
export function signBytes(bytes: Uint8Array, { key, publicKey }: PrivateKey): Signature {
  const { algorithm, id } = publicKey;
  const value =
    algorithm === 'ecdsa-p256-sha256'
      ? p256.sign(bytes, secretOf(key), { format: 'der', lowS: false })
      : sign(algorithm === 'ed25519' ? null : 'sha256', bytes, key);
  // A machine that miscalculates gives signatures that tell the key.
  if (!verify(algorithm === 'ed25519' ? null : 'sha256', bytes, publicKey.key, value))
    throw new Error('the signature that was made is wrong');
  return { value, algorithm, keyId: id };
}

function secretOf(key: KeyObject): Uint8Array {
  const { d } = key.export({ format: 'jwk' });
  if (d === undefined) throw new TypeError('it is no private key');
  return Buffer.from(d, 'base64url');
}
