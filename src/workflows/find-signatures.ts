import { basename, dirname } from 'node:path';

import type { BundleReader } from '../bundle/bundle-reader.ts';
import { signaturePath } from '../bundle/inventory.ts';
import { diskFolder } from '../io/folder-access.ts';
import type { FolderAccess } from '../io/folder-access.ts';
import { maximumSignatureFile, mergeSignatures, parseSignatures } from '../trust/signature-file.ts';
import type { Signature } from '../trust/signature-file.ts';

/** What lies somewhere as a file, with a signature file beside it: a bundle, or the ISO image that one is in. */
export interface SignedFile {
  readonly folder: FolderAccess;
  /** In that folder; of parts, what they are joined to. */
  readonly name: string;
}

/** A bundle whose head was read. */
export interface BundleToTrust extends Pick<
  BundleReader,
  'id' | 'inventory' | 'inventoryBytes' | 'signature'
> {
  /** As the user gave it. */
  readonly path: string;
  /** What may have a signature file beside it; none of a stream. */
  readonly files: readonly SignedFile[];
}

/** A signature, and where it is. */
export interface FoundSignature extends Signature {
  /** Its file; undefined of one that is in the bundle. */
  readonly file: string | undefined;
}

/** A file of this machine that may have a signature file beside it. */
export function signedFile(path: string): SignedFile {
  return { folder: diskFolder(dirname(path)), name: basename(path) };
}

/**
 * The signatures of a bundle: of the slot in its head, and of the files beside it. They are not checked.
 *
 * @param named paths of further signature files
 * @returns each once
 * @throws PaletteEdgeError `SIGNATURE_FILE_INVALID` (kind content) for one that is damaged or too large, or why it cannot be read
 */
export async function findSignatures(
  { path, files, signature }: Pick<BundleToTrust, 'path' | 'files' | 'signature'>,
  named: readonly string[] = [],
): Promise<readonly FoundSignature[]> {
  const own = signature === undefined ? [] : parseSignatures(signature, `${path}: ${signaturePath}`);
  const places = new Map<Signature, string | undefined>();
  for (const file of named) await addFile(places, signedFile(file));
  for (const { folder, name } of files) {
    const file = { folder, name: signatureFile(name) };
    if ((await folder.status(file.name)) !== undefined) await addFile(places, file);
  }
  for (const each of own) places.set(each, undefined);
  return mergeSignatures([...places.keys()], `what ${path} is signed with`).map((each) => ({
    ...each,
    file: places.get(each),
  }));
}

/** The signature file beside a file: of parts, beside what they are joined to; of an ISO image, beside that. */
export function signatureFile(path: string): string {
  return `${path}.sig`;
}

async function addFile(
  places: Map<Signature, string | undefined>,
  { folder, name }: SignedFile,
): Promise<void> {
  const place = folder.place(name);
  const access = await folder.open(name, 'signature file');
  try {
    const bytes = await access.read(0, Math.min(access.size, maximumSignatureFile + 1));
    for (const signature of parseSignatures(bytes, place)) places.set(signature, place);
  } finally {
    await access.close();
  }
}
