import { PaletteEdgeError } from '../errors.ts';

/** The error for a file that holds no key that could be read. */
export function invalidKey(name: string, reason: string, suggestion: string): PaletteEdgeError {
  return new PaletteEdgeError('KEY_INVALID', `${name} is no key that can be used: ${reason}`, {
    kind: 'usage',
    suggestions: [suggestion],
  });
}

/** The error for a key of a kind or size that nothing is signed with. */
export function unsuitableKey(name: string, found: string): PaletteEdgeError {
  return new PaletteEdgeError(
    'KEY_UNSUITABLE',
    `${name} is ${found}; bundles are signed with ECDSA keys on P-256, Ed25519 keys, and RSA keys of 2048 to 16384 bits`,
    {
      kind: 'usage',
      suggestions: [
        'Make a new pair of keys: palette-edge keys generate',
        'Or with openssl: openssl ecparam -name prime256v1 -genkey -noout -out key.pem',
      ],
    },
  );
}

/** The error for what should be a signature file, or the slot of one. */
export function invalidSignatureFile(name: string, reason: string): PaletteEdgeError {
  return new PaletteEdgeError('SIGNATURE_FILE_INVALID', `${name} does not hold signatures: ${reason}`, {
    kind: 'content',
    suggestions: ['Copy it again from where the bundle was signed, or sign again: palette-edge sign'],
  });
}
