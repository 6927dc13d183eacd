import { PaletteEdgeError } from '../errors.ts';

/** The error for text that is no recipient. It is not quoted: a key or passphrase may stand there by mistake. */
export function invalidRecipient(reason: string, suggestion: string): PaletteEdgeError {
  return new PaletteEdgeError('RECIPIENT_INVALID', `--encrypt-to: ${reason}`, {
    kind: 'usage',
    suggestions: [suggestion],
  });
}

/**
 * The error for a file of identities that cannot be used. Nothing of it is quoted.
 *
 * @param place the file, with a line where one is meant
 */
export function invalidIdentity(place: string, reason: string, suggestion: string): PaletteEdgeError {
  return new PaletteEdgeError('IDENTITY_INVALID', `${place} holds no identity that can be used: ${reason}`, {
    kind: 'usage',
    suggestions: [suggestion],
  });
}

/** The error for a file that is not encrypted with age, or in a form that is not read. */
export function notEncrypted(name: string, reason: string, suggestion: string): PaletteEdgeError {
  return new PaletteEdgeError('NOT_ENCRYPTED', `${name} is no file that age encrypted: ${reason}`, {
    kind: 'usage',
    suggestions: [suggestion],
  });
}

const copyAgain = 'Compare it with its .sha256 file (sha256sum -c) and copy it again from where it was made.';

/** The error for an encrypted file with a header that says nothing to anybody. */
export function invalidAgeHeader(name: string, reason: string, cause?: unknown): PaletteEdgeError {
  return new PaletteEdgeError('ENCRYPTED_FILE_INVALID', `the header of ${name} is not valid: ${reason}`, {
    kind: 'content',
    cause,
    suggestions: [copyAgain],
  });
}

/** The error for an encrypted file with a chunk that is not what was encrypted. */
export function damagedAgeFile(name: string, reason: string): PaletteEdgeError {
  return new PaletteEdgeError('ENCRYPTED_FILE_DAMAGED', `${name} is damaged: ${reason}`, {
    kind: 'content',
    suggestions: [copyAgain],
  });
}

/** The error for an encrypted file that ends before its last chunk. */
export function truncatedAgeFile(name: string, reason: string): PaletteEdgeError {
  return new PaletteEdgeError('ENCRYPTED_FILE_TRUNCATED', `${name} is not whole: ${reason}`, {
    kind: 'content',
    suggestions: [copyAgain],
  });
}
