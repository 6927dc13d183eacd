import { checksumListName } from '../iso/iso-checksums.ts';
import { openIsoImage } from '../iso/iso-image.ts';
import type { IsoFile } from '../iso/iso-tree.ts';
import { openIsoAccess } from '../iso/open-iso-access.ts';
import { isOfContent, isoBundles, openIfBundle } from './iso-bundles.ts';
import type { IsoBundle, OpenImage } from './iso-bundles.ts';
import { contentCounts } from './verify-bundle.ts';

/** What is in an image. */
export interface InspectIsoResult {
  readonly path: string;
  readonly label: string;
  /** Length of the image in bytes. */
  readonly size: number;
  /** Whether there is a list of checksums, as in every image that this tool makes. */
  readonly hasChecksums: boolean;
  /** Sorted by path. */
  readonly files: readonly Pick<IsoFile, 'path' | 'kind' | 'size'>[];
  readonly bundles: readonly InspectedBundle[];
}

/** A bundle of an image. */
export interface InspectedBundle {
  /** In the image; of parts, what they are joined to. */
  readonly path: string;
  /** Names of parts, in order; undefined for one file. */
  readonly parts?: readonly string[];
  /** Undefined when it cannot be opened. */
  readonly content?: {
    readonly name: string;
    readonly id: string;
    /** In bytes. */
    readonly size: number;
    readonly images: number;
    readonly charts: number;
  };
  /** Why it cannot be opened. */
  readonly problem?: string;
}

/**
 * Lists what is in an image, without xorriso. Bundles are opened, their blobs are not verified.
 *
 * @throws PaletteEdgeError as {@link openIsoImage} does
 */
export async function inspectIso(path: string): Promise<InspectIsoResult> {
  const image = await openIsoImage(await openIsoAccess(path), path);
  try {
    const files = image.files.map(({ path: name, kind, size }) => ({ path: name, kind, size }));
    const bundles: InspectedBundle[] = [];
    const opened = { image, place: path };
    for (const bundle of await isoBundles(opened)) bundles.push(...(await inspectBundle(bundle, opened)));
    const hasChecksums = files.some(({ path: name }) => name === checksumListName);
    return { path, label: image.label, size: image.size, hasChecksums, files, bundles };
  } finally {
    await image.close();
  }
}

async function inspectBundle(bundle: IsoBundle, { place }: OpenImage): Promise<InspectedBundle[]> {
  const parts = bundle.parts?.parts.map(({ name }) => name);
  const described = { path: bundle.path, parts };
  try {
    const reader = await openIfBundle(bundle, place);
    if (reader === undefined) return [];
    await reader.close();
    const { id, name, images, charts = 0 } = contentCounts(reader);
    return [{ ...described, content: { name, id, size: reader.size, images, charts } }];
  } catch (error) {
    if (!isOfContent(error)) throw error;
    return [{ ...described, problem: error.message }];
  }
}
