import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { PaletteEdgeError, wordDiskError } from '../errors.ts';
import { digestOf } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import { isSignatureRight } from '../trust/check-signatures.ts';
import type { SignatureAlgorithm } from '../trust/key-algorithm.ts';
import type { PrivateKey } from '../trust/private-key.ts';
import { signBytes } from '../trust/sign-bytes.ts';
import { mergeSignatures } from '../trust/signature-file.ts';
import type { Signature } from '../trust/signature-file.ts';
import { findSignatures, signatureFile, signedFile } from './find-signatures.ts';
import { openBundle, openBundleFile } from './open-bundle.ts';
import type { OpenedBundle } from './open-bundle.ts';
import { fileTaken, writeSignatureFile } from './signature-beside.ts';

/** What is signed, and where to. */
export interface SignInput {
  /** Path of a bundle, as the user gave it. */
  readonly path: string;
  /** The signature file; undefined is beside the bundle, or beside the image that it is in. */
  readonly output: string | undefined;
}

/** What was signed. */
export interface SignResult {
  /** As the user gave it. */
  readonly path: string;
  readonly name: string;
  readonly id: string;
  /** Of the bytes that were signed: those of the plain inventory. */
  readonly inventory: Digest;
  readonly keyId: Digest;
  readonly algorithm: SignatureAlgorithm;
  /** The signature file. */
  readonly file: string;
  /** How many are in it now. */
  readonly signatures: number;
}

/**
 * Signs a bundle that is there, and changes nothing of it: the signature goes into a file of its own, to those that are in it already. One of the same
 * key that is of something else goes.
 *
 * @throws PaletteEdgeError `OUTPUT_TAKEN`, `OUTPUT_NEEDED` (kind usage), kind disk, and those of opening the bundle
 */
export async function signBundle({ path, output }: SignInput, key: PrivateKey): Promise<SignResult> {
  const opened = await openBundleFile(path);
  const { reader } = opened;
  try {
    const { inventory, inventoryBytes, id } = reader;
    const file = output ?? (await usualFile(path, opened));
    const signature = signBytes(inventoryBytes, key);
    const others = (await signaturesIn(file)).filter(
      (other) => other.keyId !== signature.keyId || isSignatureRight(inventoryBytes, other, key.publicKey),
    );
    const signatures = mergeSignatures([...others, signature], file);
    await write(file, signatures);
    const { keyId, algorithm } = signature;
    return {
      path,
      name: inventory.name,
      id,
      inventory: digestOf(inventoryBytes),
      keyId,
      algorithm,
      file,
      signatures: signatures.length,
    };
  } finally {
    await reader.close();
  }
}

async function usualFile(path: string, { image, parts }: OpenedBundle): Promise<string> {
  if (image === undefined) return signatureFile(join(dirname(path), parts?.bundle ?? basename(path)));
  const status = await stat(image);
  if (!status.isFile()) throw outputNeeded(`${image} is a drive: nothing lies beside it`);
  // Beside an image of several bundles nobody could tell whose signature it is.
  if (path !== image) await requireOnly(image);
  return signatureFile(image);
}

async function requireOnly(image: string): Promise<void> {
  try {
    await (await openBundle(image)).close();
  } catch (error) {
    if (error instanceof PaletteEdgeError && error.code === 'ISO_AMBIGUOUS')
      throw outputNeeded(`there are other bundles in ${image}, too`);
    throw error;
  }
}

function outputNeeded(reason: string): PaletteEdgeError {
  return new PaletteEdgeError('OUTPUT_NEEDED', `it is not clear where the signature goes: ${reason}`, {
    kind: 'usage',
    suggestions: ['Name the file: --output FILE.sig; whoever checks it names it, too: --signature FILE.sig'],
  });
}

async function signaturesIn(file: string): Promise<readonly Signature[]> {
  const { folder, name } = signedFile(file);
  if ((await folder.status(name)) === undefined) return [];
  try {
    return await findSignatures({ path: file, files: [], signature: undefined }, [file]);
  } catch (error) {
    if (error instanceof PaletteEdgeError && error.code === 'SIGNATURE_FILE_INVALID') throw fileTaken(file);
    throw error;
  }
}

async function write(file: string, signatures: readonly Signature[]): Promise<void> {
  try {
    await writeSignatureFile(file, signatures);
  } catch (error) {
    throw wordDiskError(error, `writing the signature file to ${file}`);
  }
}
