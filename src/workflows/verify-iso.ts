import type { BundleReader } from '../bundle/bundle-reader.ts';
import { verifyBundleBytes } from '../bundle/verify-bundle.ts';
import type { VerifyProblem } from '../bundle/verify-bundle.ts';
import { PaletteEdgeError } from '../errors.ts';
import type { Hasher } from '../io/hash-thread.ts';
import { totalSize } from '../io/total-size.ts';
import { checksumListName, maximumChecksumList, parseChecksums } from '../iso/iso-checksums.ts';
import type { FileChecksum } from '../iso/iso-checksums.ts';
import { openIsoImage } from '../iso/iso-image.ts';
import type { IsoImage } from '../iso/iso-image.ts';
import { openIsoAccess } from '../iso/open-iso-access.ts';
import { requireTrusted } from './bundle-trust.ts';
import type { BundleTrust, SignedBy } from './bundle-trust.ts';
import { signedFile } from './find-signatures.ts';
import { hashAccess } from './hash-iso-content.ts';
import { hasOneBundle, isOfContent, isoBundles, isoSignedFile, openIfBundle } from './iso-bundles.ts';
import type { IsoBundle, OpenImage } from './iso-bundles.ts';
import { verifyRestored } from './verify-restored.ts';

/** What verifying an image found. */
export interface VerifyIsoResult {
  readonly path: string;
  readonly label: string;
  /** Files of the list. */
  readonly files: number;
  /** Their bytes. */
  readonly bytes: number;
  readonly bundles: readonly VerifiedIsoBundle[];
  /** Files that are not as the list says, missing from the image or from the list. */
  readonly problems: readonly IsoProblem[];
}

/** Something wrong with a file of an image. */
interface IsoProblem {
  readonly path: string;
  readonly message: string;
}

/** A bundle of the image, and what is wrong with it. */
export interface VerifiedIsoBundle {
  /** In the image; of parts, what they are joined to. */
  readonly path: string;
  /** Undefined when it cannot be opened. */
  readonly id?: string;
  readonly name?: string;
  /** Whose signatures it has, of those who are trusted; absent when nobody asked. */
  readonly signedBy?: readonly SignedBy[];
  readonly problems: readonly VerifyProblem[];
}

/** What verifying an image needs. */
export interface VerifyIsoResources {
  readonly hasher: Hasher;
  /** Whose signature each bundle must have; undefined takes any. */
  readonly trust?: BundleTrust | undefined;
  readonly listener: VerifyIsoListener;
}

/** Told of how it goes on; must not throw. */
export interface VerifyIsoListener {
  /** What is verified: all files, then each bundle. */
  readonly onPhase: (what: 'files' | 'bundle', total: number) => void;
  readonly onBytes: (count: number) => void;
}

interface VerifyContext extends VerifyIsoResources {
  readonly opened: OpenImage;
  readonly signal: AbortSignal;
}

interface BundleContext extends VerifyContext {
  /** Whether no other bundle is in the image, when that matters: then what is beside that may have signed it. */
  readonly isOnly: boolean;
}

/**
 * Verifies every file of an image against its list of checksums, and every bundle against its inventory, straight from the image. Goes
 * on after a fault, so that all that is damaged is named.
 *
 * @throws PaletteEdgeError `ISO_WITHOUT_CHECKSUMS`, `CHECKSUMS_INVALID` (kind content), `ISO_WITHOUT_BUNDLE` (kind content) when they must be signed, and as {@link openIsoImage} does
 */
export async function verifyIso(
  path: string,
  resources: VerifyIsoResources,
  signal: AbortSignal,
): Promise<VerifyIsoResult> {
  const image = await openIsoImage(await openIsoAccess(path), path);
  try {
    const opened = { image, place: path };
    const listed = await readList(opened);
    const context = { ...resources, opened, signal };
    const problems = await verifyFiles(listed, context);
    const bundles: VerifiedIsoBundle[] = [];
    const candidates = await isoBundles(opened);
    const isOnly = resources.trust !== undefined && (await hasOneBundle(candidates, path));
    for (const bundle of candidates) bundles.push(...(await verifyIfBundle(bundle, { ...context, isOnly })));
    if (resources.trust !== undefined && bundles.length === 0) throw withoutBundle(path);
    const bytes = totalSize(filesOf(listed, image));
    return { path, label: image.label, files: listed.length, bytes, bundles, problems };
  } finally {
    await image.close();
  }
}

/** What is signed are bundles: without one, nothing was checked. */
function withoutBundle(path: string): PaletteEdgeError {
  return new PaletteEdgeError(
    'ISO_WITHOUT_BUNDLE',
    `there is no bundle in the ISO image ${path}, and --public-key asks for a signed one`,
    { kind: 'content', suggestions: [`See what is in it: palette-edge iso inspect ${path}`] },
  );
}

async function readList({ image, place }: OpenImage): Promise<FileChecksum[]> {
  const file = image.find(checksumListName);
  if (file?.kind !== 'file') {
    throw new PaletteEdgeError(
      'ISO_WITHOUT_CHECKSUMS',
      `${place} has no ${checksumListName}: palette-edge iso create did not make it`,
      { kind: 'content', suggestions: [`When there is a bundle in it: palette-edge verify ${place}`] },
    );
  }
  const listPlace = `${place}:${checksumListName}`;
  if (file.size > maximumChecksumList) {
    const message = `${listPlace} has ${file.size} bytes; at most ${maximumChecksumList} are read`;
    throw new PaletteEdgeError('CHECKSUMS_INVALID', message, { kind: 'content' });
  }
  const bytes = Buffer.from(await image.open(file).read(0, file.size));
  return parseChecksums(bytes.toString('utf8'), listPlace);
}

function filesOf(listed: readonly FileChecksum[], { files }: IsoImage): IsoImage['files'] {
  const paths = new Set(listed.map(({ path }) => path));
  return files.filter(({ path, kind }) => kind === 'file' && paths.has(path));
}

async function verifyFiles(
  listed: readonly FileChecksum[],
  { opened: { image }, hasher, listener, signal }: VerifyContext,
): Promise<IsoProblem[]> {
  const found = filesOf(listed, image);
  listener.onPhase('files', totalSize(found));
  const problems: IsoProblem[] = [];
  for (const { path, sha256 } of listed) {
    const file = image.find(path);
    if (file === undefined) problems.push({ path, message: 'it is missing' });
    else if (file.kind !== 'file') problems.push({ path, message: 'it is no regular file' });
    else {
      const hash = await hashAccess(image.open(file), { hasher, signal, onBytes: listener.onBytes });
      if (hash !== sha256) {
        problems.push({ path, message: `it has the sha256 ${hash}; ${checksumListName} says ${sha256}` });
      }
    }
  }
  const known = new Set([checksumListName, ...listed.map(({ path }) => path)]);
  const extra = image.files.filter(({ path }) => !known.has(path));
  return [...problems, ...extra.map(({ path }) => ({ path, message: `it is not in ${checksumListName}` }))];
}

async function verifyIfBundle(bundle: IsoBundle, context: BundleContext): Promise<VerifiedIsoBundle[]> {
  const { path } = bundle;
  let reader: BundleReader | undefined;
  try {
    reader = await openIfBundle(bundle, context.opened.place);
    return reader === undefined ? [] : [await verifyOpen(bundle, reader, context)];
  } catch (error) {
    if (!isOfContent(error)) throw error;
    return [{ path, problems: [{ path, images: [], message: error.message }] }];
  } finally {
    await reader?.close();
  }
}

async function verifyOpen(
  bundle: IsoBundle,
  reader: BundleReader,
  { opened, trust, isOnly, listener: { onPhase, onBytes }, signal }: BundleContext,
): Promise<VerifiedIsoBundle> {
  const { id, inventory, inventoryBytes, signature } = reader;
  const files = [isoSignedFile(bundle, opened), ...(isOnly ? [signedFile(opened.place)] : [])];
  const path = `${opened.place}:${bundle.path}`;
  const signedBy = await requireTrusted({ path, id, inventory, inventoryBytes, signature, files }, trust);
  const onStart = (total: number): void => onPhase('bundle', total);
  // Opening has read the head, which is the first frame.
  onStart(reader.frames.tarSize - reader.frames.contentSize(0));
  const { problems } = await verifyBundleBytes(reader, { signal, onBytes });
  const isSigned = trust !== undefined;
  const restored = await verifyRestored(reader, { isSigned, listener: { onStart, onBytes }, signal });
  return {
    path: bundle.path,
    id,
    name: inventory.name,
    ...(isSigned ? { signedBy } : {}),
    problems: [...problems, ...restored],
  };
}
