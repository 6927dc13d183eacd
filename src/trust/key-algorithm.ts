import type { AsymmetricKeyDetails, KeyObject } from 'node:crypto';

import { unsuitableKey } from './trust-error.ts';

/** How signatures are made; which one follows from the key. */
export type SignatureAlgorithm = 'ecdsa-p256-sha256' | 'ed25519' | 'rsa-pkcs1-sha256';

/** What is known as broken, or soon will be (NIST SP 800-57, part 1, table 4). */
const smallestRsa = 2048;
/** OpenSSL verifies with nothing larger. */
const largestRsa = 16_384;

/**
 * The algorithm that a key signs and verifies with.
 *
 * @param name the key's file, for messages
 * @throws PaletteEdgeError `KEY_UNSUITABLE` (kind usage) for other kinds, curves and sizes
 */
export function keyAlgorithm(key: KeyObject, name: string): SignatureAlgorithm {
  const { asymmetricKeyType: type = 'secret', asymmetricKeyDetails: details = {} } = key;
  if (type === 'ed25519') return 'ed25519';
  if (type === 'rsa') return rsaAlgorithm(details, name);
  if (type !== 'ec') throw unsuitableKey(name, `a key of type ${type}`);
  if (details.namedCurve === 'prime256v1') return 'ecdsa-p256-sha256';
  throw unsuitableKey(name, `a key on the curve ${details.namedCurve ?? 'of its own parameters'}`);
}

function rsaAlgorithm(
  { modulusLength = 0, publicExponent = 0n }: AsymmetricKeyDetails,
  name: string,
): SignatureAlgorithm {
  if (modulusLength < smallestRsa || modulusLength > largestRsa)
    throw unsuitableKey(name, `an RSA key of ${modulusLength} bits`);
  // With 1 everybody can sign; an even one has no inverse.
  if (publicExponent >= 3n && publicExponent % 2n === 1n) return 'rsa-pkcs1-sha256';
  throw unsuitableKey(name, `an RSA key with the public exponent ${publicExponent}`);
}
