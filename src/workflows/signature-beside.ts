import { lstat, rm } from 'node:fs/promises';

import type { BundleReader } from '../bundle/bundle-reader.ts';
import { inventoryPath } from '../bundle/inventory.ts';
import { plainInventoryPath } from '../bundle/squeezed-inventory.ts';
import { PaletteEdgeError, wordDiskError } from '../errors.ts';
import { writeFileAtomically } from '../io/atomic-file.ts';
import { digestOf } from '../oci/digest.ts';
import { mergeSignatures, serializeSignatures } from '../trust/signature-file.ts';
import type { Signature } from '../trust/signature-file.ts';
import type { Warning } from '../warning.ts';
import { outputTaken, outputTarget } from './check-output.ts';
import { findSignatures, signatureFile, signedFile } from './find-signatures.ts';
import type { SignedFile } from './find-signatures.ts';
import { openBundle } from './open-bundle.ts';
import type { OutputPlan } from './write-parts.ts';

/**
 * The signatures in the files beside a bundle, as far as they are of ours: others have files of the same ending.
 *
 * @param files what may have a signature file beside it
 * @param output path of the bundle beside which they are going to lie
 * @throws PaletteEdgeError `OUTPUT_TAKEN` (kind usage) when something else has the name of the file that is needed, or why a file cannot be read
 */
export async function carriedSignatures(
  files: readonly SignedFile[],
  output: string,
): Promise<readonly Signature[]> {
  const found: Signature[] = [];
  for (const file of files) found.push(...((await ownSignatures(file)) ?? []));
  if (found.length > 0 && (await ownSignatures(signedFile(output))) === undefined)
    throw fileTaken(signatureFile(output));
  return mergeSignatures(found, 'beside the bundle');
}

/** The path of the signature file beside a bundle, when there is one of ours. */
export async function signatureFileBeside(path: string): Promise<string | undefined> {
  const there = (await ownSignatures(signedFile(path))) ?? [];
  return there.length === 0 ? undefined : signatureFile(path);
}

/**
 * What is told of files that are called as signature files are, and are none: they do not go along. One that somebody has changed is not known
 * from those of other programs.
 *
 * @param files what may have a signature file beside it
 * @throws PaletteEdgeError why a file cannot be read
 */
export async function leftOutSignatures(files: readonly SignedFile[]): Promise<Warning[]> {
  const warnings: Warning[] = [];
  for (const file of files) {
    const found = await lookBeside(file);
    if (found instanceof PaletteEdgeError) warnings.push({ code: leftOut, message: leftOutText(found) });
  }
  return warnings;
}

const leftOut = 'SIGNATURE_FILE_LEFT_OUT';

function leftOutText({ message }: PaletteEdgeError): string {
  return `${message}: it does not go along; when it is one of palette-edge, copy it again as it was, or sign again with palette-edge sign`;
}

/** Undefined for a file that is none of ours. */
async function ownSignatures(file: SignedFile): Promise<readonly Signature[] | undefined> {
  const found = await lookBeside(file);
  return found instanceof PaletteEdgeError ? undefined : found;
}

/** The signatures beside a file, or why that is no signature file. */
async function lookBeside(file: SignedFile): Promise<readonly Signature[] | PaletteEdgeError> {
  try {
    return await findSignatures({ path: file.name, files: [file], signature: undefined });
  } catch (error) {
    if (error instanceof PaletteEdgeError && error.code === 'SIGNATURE_FILE_INVALID') return error;
    throw error;
  }
}

/**
 * What is to lie in the signature file beside a bundle that is going to be written: what is carried there, and what lies there already when
 * the older bundle has the same inventory.
 *
 * @param path of the bundle; of parts, what they are joined to
 * @param carried signatures of this inventory that lay beside what it is made of
 * @throws PaletteEdgeError why the file cannot be read
 */
export async function signaturesFor(
  path: string,
  plan: OutputPlan,
  carried: readonly Signature[],
): Promise<readonly Signature[]> {
  const inventory =
    plan.headEntries.find((entry) => entry.path === plainInventoryPath) ??
    plan.headEntries.find((entry) => entry.path === inventoryPath);
  const digest = inventory === undefined ? undefined : digestOf(inventory.bytes);
  const staying = await stayingSignatures(path, ({ inventoryBytes }) => digestOf(inventoryBytes) === digest);
  return mergeSignatures([...staying, ...carried], signatureFile(path));
}

/**
 * The signatures beside a file that is going to be replaced, when they are right for what comes, too.
 *
 * @param isSame whether the bundle that is there has the inventory of what comes
 */
export async function stayingSignatures(
  path: string,
  isSame: (older: BundleReader) => boolean,
): Promise<readonly Signature[]> {
  const there = (await ownSignatures(signedFile(path))) ?? [];
  if (there.length === 0) return [];
  // What cannot be opened is going to be replaced, whatever is wrong with it.
  const older = await openBundle(path).catch(() => undefined);
  if (older === undefined) return [];
  await older.close();
  return isSame(older) ? there : [];
}

/** The error for a file that is not replaced by a signature file, as it is none. */
export function fileTaken(path: string): PaletteEdgeError {
  return outputTaken(`writing the signature file to ${path}`, 'no signature file of a bundle');
}

/**
 * Puts signatures beside a file, in the place of those that lie there. None removes the file: they are of what was replaced.
 *
 * @throws PaletteEdgeError kind disk
 */
export async function replaceSignatures(path: string, signatures: readonly Signature[]): Promise<void> {
  const file = signatureFile(path);
  try {
    if (signatures.length > 0) await writeSignatureFile(file, signatures);
    else if (await isOwnFile(path)) await rm(file, { force: true });
  } catch (error) {
    throw wordDiskError(error, `writing the signature file to ${file}`);
  }
}

async function isOwnFile(path: string): Promise<boolean> {
  const status = await lstat(signatureFile(path)).catch(() => undefined);
  return status?.isFile() === true && (await ownSignatures(signedFile(path))) !== undefined;
}

/** Writes a signature file, whole or not at all. @throws the system's error */
export async function writeSignatureFile(path: string, signatures: readonly Signature[]): Promise<void> {
  const bytes = serializeSignatures(signatures);
  await writeFileAtomically(await outputTarget(path), async (file) => await file.writeFile(bytes));
}
