import { verify } from 'node:crypto';

import { PaletteEdgeError } from '../errors.ts';
import type { Digest } from '../oci/digest.ts';
import type { PublicKey } from './public-key.ts';
import type { Signature } from './signature-file.ts';

/** What came of checking signatures. */
export interface CheckedSignatures {
  /** The ids of the keys that a signature is right with, sorted; never none. */
  readonly signedBy: readonly Digest[];
}

/**
 * Checks that a bundle is signed with one of the keys: that is enough, so that keys can be exchanged for others one after the other. Signatures by other
 * keys say nothing, and are passed over. One that says to be by a key and is not right ends it, whatever others say.
 *
 * @param inventoryBytes those of the plain inventory, in every form of a bundle
 * @param options.name the bundle, for messages
 * @throws PaletteEdgeError `SIGNATURE_MISSING`, `SIGNATURE_BY_OTHER_KEY`, `SIGNATURE_WRONG` (kind content)
 */
export function checkSignatures(
  inventoryBytes: Uint8Array,
  signatures: readonly Signature[],
  { keys, name }: { readonly keys: readonly PublicKey[]; readonly name: string },
): CheckedSignatures {
  if (signatures.length === 0) throw missing(name);
  const byId = new Map(keys.map((key) => [key.id, key]));
  const signedBy = new Set<Digest>();
  for (const signature of signatures) {
    const key = byId.get(signature.keyId);
    if (key === undefined) continue;
    if (!isSignatureRight(inventoryBytes, signature, key)) throw wrong(name, key.id);
    signedBy.add(key.id);
  }
  if (signedBy.size === 0) throw byOtherKey(name, signatures, [...byId.keys()]);
  return { signedBy: [...signedBy].toSorted() };
}

/** Whether a signature is one of these bytes with the private key of this public one. */
export function isSignatureRight(
  bytes: Uint8Array,
  { value, algorithm }: Signature,
  { algorithm: own, key }: PublicKey,
): boolean {
  if (algorithm !== own) return false;
  // Node pads as PKCS#1 v1.5 unless told otherwise, and takes ECDSA signatures in DER.
  return verify(own === 'ed25519' ? null : 'sha256', bytes, key, value);
}

function missing(name: string): PaletteEdgeError {
  return new PaletteEdgeError('SIGNATURE_MISSING', `${name} is not signed`, {
    kind: 'content',
    suggestions: [
      'Copy its signature file (.sig) to it, from where it was signed.',
      'Or ask whoever built it to sign it: palette-edge sign BUNDLE --private-key KEY',
    ],
  });
}

function byOtherKey(
  name: string,
  signatures: readonly Signature[],
  expected: readonly Digest[],
): PaletteEdgeError {
  const found = [...new Set(signatures.map(({ keyId }) => keyId))].toSorted();
  return new PaletteEdgeError(
    'SIGNATURE_BY_OTHER_KEY',
    `${name} is signed with ${found.join(', ')}; expected was ${expected.join(' or ')}`,
    {
      kind: 'content',
      suggestions: [
        'Find out whose key it is before you trust it: whoever made the bundle can tell its id.',
        'The id of a key: openssl pkey -pubin -in KEY.pub -outform DER | sha256sum',
      ],
      details: { found, expected },
    },
  );
}

function wrong(name: string, keyId: Digest): PaletteEdgeError {
  return new PaletteEdgeError(
    'SIGNATURE_WRONG',
    `${name} has a signature with ${keyId} that is not one of its inventory: what was signed is something else`,
    {
      kind: 'content',
      suggestions: [
        'Do not use it. Compare it with where it comes from: the bundle was changed, or its signature file is of another one.',
      ],
      details: { keyId },
    },
  );
}
