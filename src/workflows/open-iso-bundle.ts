import { stat } from 'node:fs/promises';
import { posix } from 'node:path';

import type { FoundParts } from '../bundle/find-parts.ts';
import { JoinedParts } from '../bundle/joined-parts.ts';
import { PaletteEdgeError } from '../errors.ts';
import { printable } from '../io/printable.ts';
import type { RandomAccess } from '../io/random-access.ts';
import { isoFolder } from '../iso/iso-folder.ts';
import { openIsoImage } from '../iso/iso-image.ts';
import { isIsoImage } from '../iso/iso-volume.ts';
import { openIsoAccess } from '../iso/open-iso-access.ts';
import { signedFile } from './find-signatures.ts';
import type { SignedFile } from './find-signatures.ts';
import { hasOneBundle, isoBundle, isoBundles, isoSignedFile, realBundles } from './iso-bundles.ts';
import type { IsoBundle, OpenImage } from './iso-bundles.ts';
import type { OpenParts } from './open-parts.ts';

/** The bytes of a bundle that is in an image. */
export interface BundleInImage {
  /** Closing it closes the image. */
  readonly access: RandomAccess;
  readonly parts?: OpenParts;
  /** Path of the image. */
  readonly image: string;
  /** The bundle, and when it is the only one, the image itself. */
  readonly files: readonly SignedFile[];
}

/**
 * Opens the bundle that a path stands for, when that is an image, or `IMAGE:PATH`, with the path of a bundle in it. It is read where it
 * is. The drive that an image was written to is an image, too.
 *
 * @returns undefined for a path that leads to no image
 * @throws PaletteEdgeError `ISO_WITHOUT_BUNDLE` (kind content), `ISO_AMBIGUOUS` (kind usage) when several bundles are in it and none
 *   was named, and as {@link openIsoImage} does
 */
export async function openIsoBundle(path: string): Promise<BundleInImage | undefined> {
  const named = await splitPath(path);
  if (named === undefined) return undefined;
  const isSure = named.inside !== undefined || /\.iso$/i.test(named.image);
  const access = await openIsoAccess(named.image, isSure ? undefined : 'bundle');
  if (!(await isImage(access))) return undefined;
  const image = await openIsoImage(access, named.image);
  try {
    const opened = { image, place: named.image };
    const bundle =
      named.inside === undefined ? await onlyBundle(opened) : await isoBundle(opened, named.inside);
    // What is signed beside an image is the only bundle in it.
    const isOnly =
      named.inside === undefined || (await hasOneBundle(await unlessCrowded(opened), opened.place));
    const files = [isoSignedFile(bundle, opened), ...(isOnly ? [signedFile(named.image)] : [])];
    return { ...(await closingAll(bundle, opened)), image: named.image, files };
  } catch (error) {
    await image.close();
    throw error;
  }
}

/** Closes what is none. */
async function isImage(access: RandomAccess): Promise<boolean> {
  try {
    if (await isIsoImage(access)) return true;
  } catch (error) {
    await access.close();
    throw error;
  }
  await access.close();
  return false;
}

/** A path that is there is meant as it is, whatever colons it has. */
async function splitPath(
  path: string,
): Promise<{ readonly image: string; readonly inside: string | undefined } | undefined> {
  if (await mayBeImage(path)) return { image: path, inside: undefined };
  for (let colon = path.lastIndexOf(':'); colon > 0; colon = path.lastIndexOf(':', colon - 1)) {
    const image = path.slice(0, colon);
    const inside = path.slice(colon + 1).replace(/^\/+/, '');
    if (inside !== '' && (await mayBeImage(image))) return { image, inside };
  }
  return undefined;
}

async function mayBeImage(path: string): Promise<boolean> {
  const status = await stat(path).catch(() => undefined);
  return status !== undefined && (status.isFile() || status.isBlockDevice());
}

async function onlyBundle(opened: OpenImage): Promise<IsoBundle> {
  const bundles = await realBundles(await isoBundles(opened), opened.place);
  const [first] = bundles;
  if (first === undefined) throw noBundle(opened.place);
  if (bundles.length > 1) throw new AmbiguousImage(opened.place, bundles);
  return first;
}

/** More than are looked into are not one. */
async function unlessCrowded(opened: OpenImage): Promise<readonly IsoBundle[]> {
  return await isoBundles(opened).catch(() => []);
}

async function closingAll(
  { path, parts, open }: IsoBundle,
  { image, place }: OpenImage,
): Promise<Pick<BundleInImage, 'access' | 'parts'>> {
  if (parts !== undefined) {
    const folder = posix.dirname(path) === '.' ? '' : posix.dirname(path);
    const access = new PartsInImage(isoFolder(image, folder, place), parts, async () => await image.close());
    return { access, parts: { ...parts, access } };
  }
  const access = await open();
  return { access: { ...access, close: async () => await image.close() } };
}

/** Parts whose closing closes the image. */
class PartsInImage extends JoinedParts {
  readonly #closeImage: () => Promise<void>;

  constructor(
    folder: ConstructorParameters<typeof JoinedParts>[0],
    { parts }: FoundParts,
    closeImage: () => Promise<void>,
  ) {
    super(folder, parts);
    this.#closeImage = closeImage;
  }

  override async close(): Promise<void> {
    await super.close();
    await this.#closeImage();
  }
}

function noBundle(place: string): PaletteEdgeError {
  return new PaletteEdgeError('ISO_WITHOUT_BUNDLE', `there is no bundle in the ISO image ${place}`, {
    kind: 'content',
    suggestions: [`See what is in it: palette-edge iso inspect ${place}`],
  });
}

/** Which bundles are in an image, when {@link openIsoBundle} failed because there are several; else undefined. */
export function bundlesInImage(error: unknown): readonly string[] | undefined {
  return error instanceof AmbiguousImage ? error.paths : undefined;
}

/** Several bundles where one is to be named. */
class AmbiguousImage extends PaletteEdgeError {
  readonly paths: readonly string[];

  constructor(place: string, bundles: readonly IsoBundle[]) {
    const paths = bundles.map(({ path }) => `${place}:${path}`);
    super(
      'ISO_AMBIGUOUS',
      `there are ${paths.length} bundles in the ISO image ${place}, and one is to be named`,
      {
        kind: 'usage',
        suggestions: paths.slice(0, 10).map((path) => `Name this one: ${printable(path, 1000)}`),
      },
    );
    this.paths = paths;
  }
}
