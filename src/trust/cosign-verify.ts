import { verify } from 'node:crypto';

import { ed25519ph } from '@noble/curves/ed25519.js';

import type { PublicKey } from './public-key.ts';

/** Bytes of an Ed25519 signature (RFC 8032, section 5.1.6). */
const edSignatureSize = 64;

/**
 * Whether cosign made a signature with the private key of this one. ECDSA in DER and RSA with PKCS#1 v1.5, both of the sha256; Ed25519 of the bytes
 * themselves, as others and older releases of cosign do it, and of their sha512 (Ed25519ph, RFC 8032, section 5.1), as cosign does since.
 */
export function cosignVerify(
  { algorithm, key }: PublicKey,
  signed: Uint8Array,
  signature: Uint8Array,
): boolean {
  // Node pads as PKCS#1 v1.5 unless told otherwise.
  if (algorithm !== 'ed25519') return verify('sha256', signed, key, signature);
  if (signature.length !== edSignatureSize) return false;
  if (verify(null, signed, key, signature)) return true;
  // Node's crypto cannot do it. Strictly as in RFC 8032: the default also takes what only consensus protocols need.
  const { x = '' } = key.export({ format: 'jwk' });
  return ed25519ph.verify(signature, signed, Buffer.from(x, 'base64url'), { zip215: false });
}
