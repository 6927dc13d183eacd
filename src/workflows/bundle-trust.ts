import { PaletteEdgeError } from '../errors.ts';
import type { Digest } from '../oci/digest.ts';
import { checkSignatures } from '../trust/check-signatures.ts';
import { parsePublicKeys } from '../trust/public-key.ts';
import type { PublicKey } from '../trust/public-key.ts';
import { findSignatures } from './find-signatures.ts';
import type { BundleToTrust } from './find-signatures.ts';
import { readKeyFile } from './read-key-file.ts';

/** Whose signature a bundle must have. Whoever has this takes no bundle without one. */
export interface BundleTrust {
  /** One of them is enough; never none. */
  readonly keys: readonly TrustedKey[];
  /** Paths of signature files that do not lie beside the bundle. */
  readonly signatureFiles: readonly string[];
}

/** A key, and where it is from. */
interface TrustedKey {
  /** As the user gave it. */
  readonly file: string;
  readonly publicKey: PublicKey;
}

/** Who signed a bundle. */
export interface SignedBy {
  readonly keyId: Digest;
  /** The file that the key is from. */
  readonly keyFile: string;
}

/**
 * Reads keys of files that the user trusts.
 *
 * @throws PaletteEdgeError `KEY_INVALID`, `KEY_UNSUITABLE` (kind usage), or why a file cannot be read
 */
export async function readTrustedKeys(files: readonly string[]): Promise<TrustedKey[]> {
  const keys: TrustedKey[] = [];
  for (const file of new Set(files)) {
    const bytes = await readKeyFile(file, 'public key');
    keys.push(...parsePublicKeys(bytes, file).map((publicKey) => ({ file, publicKey })));
  }
  return keys;
}

/**
 * Makes sure that a bundle is signed as it has to be. To be called once its head was read, before anything else of it is used: what the
 * signature is of names every other byte by its digest.
 *
 * @param trust undefined when nobody asked for a signature: then nothing is looked at
 * @returns whose signatures it has, of those who are trusted
 * @throws PaletteEdgeError `SIGNATURE_MISSING`, `SIGNATURE_BY_OTHER_KEY`, `SIGNATURE_WRONG`, `SIGNATURE_FILE_INVALID` (kind content), or why a
 *   signature file cannot be read
 */
export async function requireTrusted(
  bundle: BundleToTrust,
  trust: BundleTrust | undefined,
): Promise<readonly SignedBy[]> {
  if (trust === undefined) return [];
  const { path, id, inventory, inventoryBytes } = bundle;
  const signatures = await findSignatures(bundle, trust.signatureFiles);
  try {
    const { signedBy } = checkSignatures(inventoryBytes, signatures, {
      keys: trust.keys.map(({ publicKey }) => publicKey),
      name: `${path} (${inventory.name} ${id})`,
    });
    return trust.keys
      .filter(({ publicKey }) => signedBy.includes(publicKey.id))
      .map(({ file, publicKey }) => ({ keyId: publicKey.id, keyFile: file }));
  } catch (error) {
    throw namingKeys(error, bundle, trust);
  }
}

const besideNothing =
  'Nothing lies beside standard input: name its signature file (.sig) with --signature, or the bundle as a file.';

/** Who reads it has files of keys, not their ids. */
function namingKeys(
  error: unknown,
  { path, id, inventory: { name }, files }: BundleToTrust,
  { keys }: BundleTrust,
): unknown {
  if (!(error instanceof PaletteEdgeError)) return error;
  const isLacking = files.length === 0 && error.code === 'SIGNATURE_MISSING';
  const suggestions = isLacking ? [besideNothing, ...error.suggestions.slice(1)] : error.suggestions;
  const given = keys.map(({ file, publicKey }) => `${file} (${publicKey.id})`).join(', ');
  return new PaletteEdgeError(error.code, error.message, {
    kind: error.kind,
    cause: error,
    suggestions: [...suggestions, `It was checked with ${given}.`],
    details: {
      ...error.details,
      bundle: { path, id, name },
      keys: keys.map(({ file, publicKey }) => ({ keyId: publicKey.id, keyFile: file })),
    },
  });
}
