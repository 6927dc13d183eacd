import { posix } from 'node:path';

import { BundleReader } from '../bundle/bundle-reader.ts';
import { findParts } from '../bundle/find-parts.ts';
import type { FoundParts } from '../bundle/find-parts.ts';
import { JoinedParts } from '../bundle/joined-parts.ts';
import { parsePartName } from '../bundle/part-name.ts';
import { bundleOfListName } from '../bundle/parts-list.ts';
import { PaletteEdgeError } from '../errors.ts';
import type { RandomAccess } from '../io/random-access.ts';
import { isoFolder } from '../iso/iso-folder.ts';
import type { IsoImage } from '../iso/iso-image.ts';
import type { SignedFile } from './find-signatures.ts';
import { RestoringThreads } from './restoring-threads.ts';

/** A file or parts in an image that are a bundle by their name. */
export interface IsoBundle {
  /** In the image; of parts, what they are joined to. */
  readonly path: string;
  readonly parts: FoundParts | undefined;
  /** Closing it closes nothing. */
  readonly open: () => Promise<RandomAccess>;
}

/** An image that is open, and its path as the user wrote it. */
export interface OpenImage {
  readonly image: IsoImage;
  readonly place: string;
}

/** Nobody makes an image of so many; looking into them all would take time. */
const mostBundles = 100;

/**
 * Finds what may be a bundle, by name: `.zst` and `.tar` files, and parts. What is wrong with parts is told when they are opened.
 *
 * @throws PaletteEdgeError `ISO_CROWDED` (kind content) for more than a hundred
 */
export async function isoBundles(opened: OpenImage): Promise<IsoBundle[]> {
  const found: IsoBundle[] = [];
  const joined = new Set<string>();
  for (const { path, kind } of opened.image.files) {
    const name = posix.basename(path);
    const bundle = bundleOfListName(name) ?? parsePartName(name)?.bundle;
    const whole = bundle === undefined ? path : posix.join(posix.dirname(path), bundle);
    const isCandidate = kind === 'file' && /\.(?:zst|tar)$/.test(whole);
    if (!isCandidate || joined.has(whole)) continue;
    joined.add(whole);
    if (joined.size > mostBundles) throw crowded(opened.place);
    found.push(await isoBundle(opened, path).catch((error: unknown) => unopenable(whole, error)));
  }
  return found;
}

function crowded(place: string): PaletteEdgeError {
  return new PaletteEdgeError(
    'ISO_CROWDED',
    `there are more than ${mostBundles} bundles in the ISO image ${place}`,
    {
      kind: 'content',
      suggestions: [`Name the one that you mean: ${place}:PATH`],
    },
  );
}

function unopenable(path: string, error: unknown): IsoBundle {
  const open = async (): Promise<RandomAccess> => await Promise.reject(error);
  return { path, parts: undefined, open };
}

/**
 * The bundle that a path in an image stands for: a file, parts, or a list of parts.
 *
 * @throws PaletteEdgeError `FILE_NOT_FOUND` (kind notFound), or for parts that are not all there
 */
export async function isoBundle({ image, place }: OpenImage, path: string): Promise<IsoBundle> {
  const folderPath = posix.dirname(path) === '.' ? '' : posix.dirname(path);
  const folder = isoFolder(image, folderPath, place);
  const name = posix.basename(path);
  const parts = await findParts(folder, name);
  if (parts !== undefined) {
    return {
      path: posix.join(folderPath, parts.bundle),
      parts,
      open: async () => await Promise.resolve(new JoinedParts(folder, parts.parts)),
    };
  }
  return { path, parts: undefined, open: async () => await folder.open(name, 'bundle') };
}

/** A bundle of an image as what may have a signature file beside it, in the image. The image must be open as long as that is read. */
export function isoSignedFile({ path }: IsoBundle, { image, place }: OpenImage): SignedFile {
  const folder = posix.dirname(path) === '.' ? '' : posix.dirname(path);
  return { folder: isoFolder(image, folder, place), name: posix.basename(path) };
}

/** Whether an error tells of what is in an image, and not of a failure to read it. */
export function isOfContent(error: unknown): error is PaletteEdgeError {
  return error instanceof PaletteEdgeError && (error.kind === 'content' || error.kind === 'usage');
}

/**
 * Opens a bundle of an image.
 *
 * @returns undefined for a file that is something else
 * @throws PaletteEdgeError for a bundle that is damaged, or of another format version
 */
export async function openIfBundle(
  { path, open }: IsoBundle,
  place: string,
): Promise<BundleReader | undefined> {
  try {
    return await BundleReader.open(await open(), `${place}:${path}`, { restorer: new RestoringThreads() });
  } catch (error) {
    if (error instanceof PaletteEdgeError && error.code === 'NOT_A_BUNDLE') return undefined;
    throw error;
  }
}

/**
 * Those that are bundles not only by their name; a damaged one is one. What is wrong with an only one, opening tells.
 *
 * @param most is enough: no more are looked for
 */
export async function realBundles(
  candidates: readonly IsoBundle[],
  place: string,
  most = Number.POSITIVE_INFINITY,
): Promise<readonly IsoBundle[]> {
  if (candidates.length === 1) return candidates;
  const bundles: IsoBundle[] = [];
  for (const candidate of candidates) {
    if (bundles.length === most) break;
    const reader = await openIfBundle(candidate, place).catch(() => 'damaged' as const);
    if (reader !== undefined) bundles.push(candidate);
    if (reader !== undefined && reader !== 'damaged') await reader.close();
  }
  return bundles;
}

/** Whether there is no other bundle in an image: then what lies beside the image is of that one. */
export async function hasOneBundle(candidates: readonly IsoBundle[], place: string): Promise<boolean> {
  return (await realBundles(candidates, place, 2)).length === 1;
}
