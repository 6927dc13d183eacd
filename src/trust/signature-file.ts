import { isDigest } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import type { SignatureAlgorithm } from './key-algorithm.ts';
import { invalidSignatureFile } from './trust-error.ts';

/** A signature of the bytes of a plain inventory. */
export interface Signature {
  /** As the algorithm writes it; ECDSA: DER (RFC 3279, section 2.2.3). */
  readonly value: Uint8Array;
  readonly algorithm: SignatureAlgorithm;
  /** The id of the public key that it is to be checked with; see `PublicKey`. */
  readonly keyId: Digest;
}

/** Bytes of a signature file. */
export const maximumSignatureFile = 64 * 1024;
/** Signatures of one bundle. */
export const maximumSignatures = 16;

const algorithms: readonly SignatureAlgorithm[] = ['ecdsa-p256-sha256', 'ed25519', 'rsa-pkcs1-sha256'];

/**
 * Reads a signature file, or the slot of a bundle (docs/bundle-format.md, "Signatures"). Checks no signature.
 *
 * @param name the file, for messages
 * @returns each once, sorted as they are written
 * @throws PaletteEdgeError `SIGNATURE_FILE_INVALID` (kind content)
 */
export function parseSignatures(bytes: Uint8Array, name: string): readonly Signature[] {
  if (bytes.length > maximumSignatureFile)
    throw invalidSignatureFile(name, `it has more than ${maximumSignatureFile} bytes`);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  // Editors, mail and git make these of what was written here.
  if (text.includes('\r')) throw invalidSignatureFile(name, 'its lines end as those of Windows do');
  if (!text.endsWith('\n')) throw invalidSignatureFile(name, 'its last line has no end');
  const lines = text.slice(0, -1).split('\n');
  const signatures = lines.map((line, index) => parseLine(line, `line ${index + 1}`, name));
  return mergeSignatures(signatures, name);
}

function parseLine(line: string, place: string, name: string): Signature {
  const [, encoded, algorithmName = '', keyId = ''] =
    /^([A-Za-z0-9+/]+={0,2}) ([a-z0-9-]{1,40}) (sha256:[0-9a-f]{64})$/.exec(line) ?? [];
  if (encoded === undefined || !isDigest(keyId))
    throw invalidSignatureFile(name, `${place} is not a signature, an algorithm and the id of a key`);
  const algorithm = algorithms.find((known) => known === algorithmName);
  if (algorithm === undefined)
    throw invalidSignatureFile(name, `${place} has the algorithm ${algorithmName}, which is not known`);
  const value = Buffer.from(encoded, 'base64');
  // Base64 has bits that mean nothing: there is one way only to write a signature.
  if (value.toString('base64') !== encoded)
    throw invalidSignatureFile(name, `${place} has a signature that is not in base64`);
  return { value, algorithm, keyId };
}

/**
 * Signatures of several places: each once, sorted by their lines.
 *
 * @param name where they are to be, for messages
 * @throws PaletteEdgeError `SIGNATURE_FILE_INVALID` (kind content) for more than {@link maximumSignatures}
 */
export function mergeSignatures(signatures: readonly Signature[], name: string): readonly Signature[] {
  const byLine = new Map(signatures.map((signature) => [lineOf(signature), signature]));
  if (byLine.size > maximumSignatures)
    throw invalidSignatureFile(name, `there are more than ${maximumSignatures} of them`);
  return [...byLine].toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([, signature]) => signature);
}

/**
 * Writes signatures: the same ones in any order give the same bytes.
 *
 * @throws PaletteEdgeError `SIGNATURE_FILE_INVALID` (kind content) for more than {@link maximumSignatures}
 */
export function serializeSignatures(signatures: readonly Signature[]): Uint8Array {
  const lines = mergeSignatures(signatures, 'the signature file').map(lineOf);
  return Buffer.from(lines.map((line) => `${line}\n`).join(''), 'latin1');
}

function lineOf({ value, algorithm, keyId }: Signature): string {
  return `${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')} ${algorithm} ${keyId}`;
}
