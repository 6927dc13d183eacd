import { PaletteEdgeError } from '../errors.ts';
import { openFileAccess } from '../io/random-access.ts';
import type { Digest } from '../oci/digest.ts';
import { checkSignatures } from '../trust/check-signatures.ts';
import { maximumKeyFile } from '../trust/pem-blocks.ts';
import { parsePublicKeys } from '../trust/public-key.ts';
import type { PublicKey } from '../trust/public-key.ts';
import { findSignatures } from './find-signatures.ts';
import type { BundleToTrust } from './find-signatures.ts';

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
    const access = await openFileAccess(file, 'public key');
    try {
      const bytes = await access.read(0, Math.min(access.size, maximumKeyFile + 1));
      keys.push(...parsePublicKeys(bytes, file).map((publicKey) => ({ file, publicKey })));
    } finally {
      await access.close();
    }
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

/** Who reads it has files of keys, not their ids. */
function namingKeys(
  error: unknown,
  { path, id, inventory: { name } }: BundleToTrust,
  { keys }: BundleTrust,
): unknown {
  if (!(error instanceof PaletteEdgeError)) return error;
  const given = keys.map(({ file, publicKey }) => `${file} (${publicKey.id})`).join(', ');
  return new PaletteEdgeError(error.code, error.message, {
    kind: error.kind,
    cause: error,
    suggestions: [...error.suggestions, `It was checked with ${given}.`],
    details: {
      ...error.details,
      bundle: { path, id, name },
      keys: keys.map(({ file, publicKey }) => ({ keyId: publicKey.id, keyFile: file })),
    },
  });
}
