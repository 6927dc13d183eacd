import { BundleReader } from '../bundle/bundle-reader.ts';
import type { RandomAccess } from '../io/random-access.ts';
import { openFileAccess } from '../io/random-access.ts';
import type { BasePool } from './base-pool.ts';
import { requireTrusted } from './bundle-trust.ts';
import type { BundleTrust, SignedBy } from './bundle-trust.ts';
import { signedFile } from './find-signatures.ts';
import type { SignedFile } from './find-signatures.ts';
import { openIsoBundle } from './open-iso-bundle.ts';
import { inPartsError, openParts, requireListedBundle } from './open-parts.ts';
import type { OpenParts } from './open-parts.ts';
import { RestoringThreads } from './restoring-threads.ts';

/** A bundle that is open. */
export interface OpenedBundle {
  /** Closing it closes all. */
  readonly reader: BundleReader;
  /** All of its bytes, joined. */
  readonly access: RandomAccess;
  /** What it is joined from; undefined for one file. */
  readonly parts: OpenParts | undefined;
  /** Path of the image that it is in; undefined when it is in none. */
  readonly image: string | undefined;
  /** What may have a signature file beside it: the bundle, and the image that it is in. */
  readonly files: readonly SignedFile[];
  /** Whose signatures it has, of those who are trusted; empty when nobody asked. */
  readonly signedBy: readonly SignedBy[];
}

/** What a bundle is opened with. */
export interface BundleOpening {
  /** Where a delta bundle finds what it lacks. */
  readonly pool?: BasePool | undefined;
  /** Whose signature it must have; undefined takes any. */
  readonly trust?: BundleTrust | undefined;
}

/**
 * Opens a bundle by the path that a user gave: of a file, of parts in any way that {@link openParts} takes, or of an image in any way that
 * {@link openIsoBundle} takes. The caller closes the reader.
 *
 * @throws PaletteEdgeError for a file that is missing, no bundle, damaged, or of another format version, and for parts that are not
 *   all there
 */
export async function openBundle(path: string): Promise<BundleReader> {
  return (await openBundleFile(path)).reader;
}

/**
 * As {@link openBundle}, and says what the bundle was found in. Nothing behind the head is read before the signature was checked.
 *
 * @throws as it does, and as {@link requireTrusted} does
 */
export async function openBundleFile(
  path: string,
  { pool, trust }: BundleOpening = {},
): Promise<OpenedBundle> {
  const { access, parts, image, files } = await findBundle(path);
  let reader: BundleReader;
  try {
    reader = await BundleReader.open(access, path, {
      restorer: new RestoringThreads(),
      findBases: pool === undefined ? undefined : (delta, name) => pool.basesOf(delta, name),
    });
  } catch (error) {
    throw parts === undefined ? error : inPartsError(error, parts);
  }
  try {
    if (parts !== undefined) requireListedBundle(parts, reader.id);
    const { id, inventory, inventoryBytes, signature } = reader;
    const signedBy = await requireTrusted({ path, id, inventory, inventoryBytes, signature, files }, trust);
    return { reader, access, parts, image, files, signedBy };
  } catch (error) {
    await reader.close();
    throw error;
  }
}

/** The bytes of a bundle, wherever they lie. */
interface BundleBytes {
  readonly access: RandomAccess;
  readonly parts?: OpenParts;
  readonly image?: string;
  readonly files: readonly SignedFile[];
}

/** Each way of finding a bundle looks at name and content, and says undefined for what is not its own. */
async function findBundle(path: string): Promise<BundleBytes> {
  // First: what is inside an image may have the name of parts.
  const inImage = await openIsoBundle(path);
  if (inImage !== undefined) return inImage;
  const parts = await openParts(path);
  const file = signedFile(path);
  if (parts !== undefined) return { access: parts.access, parts, files: [{ ...file, name: parts.bundle }] };
  return { access: await openFileAccess(path, 'bundle'), files: [file] };
}
