import { mergeSignatures } from '../trust/signature-file.ts';
import type { Signature } from '../trust/signature-file.ts';
import { encryptedEnding } from './build-output-path.ts';
import { signatureFile, signedFile } from './find-signatures.ts';
import type { SignedFile } from './find-signatures.ts';
import { carriedSignatures, replaceSignatures } from './signature-beside.ts';

/**
 * The name beside which the signature file of an encrypted bundle lies: that of the bundle inside, so that it lies right when that is decrypted
 * there, with whatever tool.
 */
export function nameInside(encrypted: string): string {
  return encrypted.endsWith(encryptedEnding) ? encrypted.slice(0, -encryptedEnding.length) : encrypted;
}

/**
 * Reads the signatures that are to go along with a bundle. What lies in the place where they go stays, too: it may be of a bundle that is
 * there, or have been brought by hand.
 *
 * @param files what may have a signature file beside it
 * @param output beside which they are going to lie
 * @returns undefined when there is nothing to write
 * @throws PaletteEdgeError `OUTPUT_TAKEN` (kind usage) when something else has the name of the file, or why a file cannot be read
 */
export async function signaturesToCarry(
  files: readonly SignedFile[],
  output: string,
): Promise<readonly Signature[] | undefined> {
  const carried = await carriedSignatures(files, output);
  if (carried.length === 0) return undefined;
  const there = await carriedSignatures([signedFile(output)], output);
  return mergeSignatures([...there, ...carried], signatureFile(output));
}

/** Puts them there. @throws PaletteEdgeError kind disk */
export async function carrySignatures(
  output: string,
  signatures: readonly Signature[] | undefined,
): Promise<void> {
  if (signatures !== undefined) await replaceSignatures(output, signatures);
}
