import { digestOf } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import { mergeSignatures } from '../trust/signature-file.ts';
import type { Signature } from '../trust/signature-file.ts';
import { encryptedEnding } from './build-output-path.ts';
import { signatureFile, signedFile } from './find-signatures.ts';
import type { SignedFile } from './find-signatures.ts';
import { openBundle } from './open-bundle.ts';
import { carriedSignatures, replaceSignatures } from './signature-beside.ts';

/**
 * The name beside which the signature file of an encrypted bundle lies: that of the bundle inside, so that it lies right when that is decrypted
 * there, with whatever tool.
 */
export function nameInside(encrypted: string): string {
  return encrypted.endsWith(encryptedEnding) ? encrypted.slice(0, -encryptedEnding.length) : encrypted;
}

/** Signatures that go along with a bundle. */
export interface SignaturesToCarry {
  readonly carried: readonly Signature[];
  /** With what lies in the place where they go. */
  readonly all: readonly Signature[];
}

/**
 * Reads the signatures that are to go along with a bundle. What lies in the place where they go stays, too: it may be of a bundle that is
 * there, or have been brought by hand. But what the same key has signed is of something older: beside a right one it would be a wrong one.
 *
 * @param files what may have a signature file beside it
 * @param output beside which they are going to lie
 * @throws PaletteEdgeError `OUTPUT_TAKEN` (kind usage) when something else has the name of the file, or why a file cannot be read
 */
export async function signaturesToCarry(
  files: readonly SignedFile[],
  output: string,
): Promise<SignaturesToCarry> {
  const carried = await carriedSignatures(files, output);
  if (carried.length === 0) return { carried, all: [] };
  const keys = new Set(carried.map(({ keyId }) => keyId));
  const there = await carriedSignatures([signedFile(output)], output);
  const others = there.filter(({ keyId }) => !keys.has(keyId));
  return { carried, all: mergeSignatures([...others, ...carried], signatureFile(output)) };
}

/**
 * Puts them there; when there are none, what lies there stays.
 *
 * @param isReplaced whether another bundle was there: then what lies there was of that, and goes
 * @throws PaletteEdgeError kind disk
 */
export async function carrySignatures(
  output: string,
  { carried, all }: SignaturesToCarry,
  isReplaced = false,
): Promise<void> {
  if (isReplaced) await replaceSignatures(output, carried);
  else if (all.length > 0) await replaceSignatures(output, all);
}

/** The digest of what signatures of the bundle at a path are of; undefined when no bundle is there that can be opened. */
export async function signedContentAt(path: string): Promise<Digest | undefined> {
  const reader = await openBundle(path).catch(() => undefined);
  await reader?.close();
  return reader === undefined ? undefined : digestOf(reader.inventoryBytes);
}
