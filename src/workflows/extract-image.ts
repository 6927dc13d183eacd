import { archiveContent } from '../bundle/archive-writer.ts';
import { dockerContent, imageOfPlatform, layoutContent, readHeldImage } from '../bundle/image-content.ts';
import type { HeldImage, ImageContent } from '../bundle/image-content.ts';
import { imageNames } from '../bundle/image-names.ts';
import type { ImageName } from '../bundle/image-names.ts';
import type { BundledImage } from '../bundle/inventory.ts';
import { writeLayout } from '../bundle/layout-writer.ts';
import { PaletteEdgeError } from '../errors.ts';
import { totalSize } from '../io/total-size.ts';
import type { Platform } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { imageGlob } from '../oci/image-glob.ts';
import { isCompanion } from '../oci/origin.ts';
import { formatPlatform } from '../oci/platform.ts';
import { parseReference } from '../oci/reference.ts';
import {
  countedBlobs,
  extractFolder,
  extractStream,
  requireFreeFile,
  requireFreeFolder,
} from './extract-output.ts';
import type { ExtractListener, StreamOutput } from './extract-output.ts';
import { requireFreeSpace } from './require-free-space.ts';
import type { BundleSource } from './with-bundle-source.ts';

/** What an extracted image can be written as. */
export const imageFormats = ['oci', 'oci-archive', 'docker-archive'] as const;
export type ImageFormat = (typeof imageFormats)[number];

/** An image to extract. */
export interface ImageToExtract {
  /** A reference, or a pattern that fits one image. */
  readonly image: string;
  readonly format: ImageFormat;
  /** Undefined for all that the bundle has. */
  readonly platform: Platform | undefined;
}

/** An image that was extracted. */
export interface ExtractedImage {
  readonly kind: 'image';
  /** What it is called in what was written. */
  readonly names: readonly string[];
  readonly format: ImageFormat;
  /** Of the manifest that the names stand for now. */
  readonly digest: Digest;
  /** Platforms that were written; empty for artifacts. */
  readonly platforms: readonly string[];
  readonly blobs: number;
  /** Of the blobs. */
  readonly bytes: number;
}

/** What extracting needs. */
export interface ExtractOptions {
  readonly listener: ExtractListener;
  readonly signal: AbortSignal;
}

/**
 * Extracts one image, with the digests that it has in the registry: as an OCI image layout in a folder, or as an archive.
 *
 * @throws PaletteEdgeError of kind usage: `OUTPUT_TAKEN`, `IMAGE_AMBIGUOUS`, `PLATFORM_NEEDED`, `NOT_AN_IMAGE`, `OUTPUT_NEEDED`; of kind
 *   notFound: `NO_SUCH_IMAGE`, `PLATFORM_MISSING`; of kind content for what is damaged
 */
export async function extractImage(
  source: BundleSource,
  { image, format, platform, output }: ImageToExtract & { readonly output: StreamOutput },
  { listener, signal }: ExtractOptions,
): Promise<ExtractedImage> {
  await requireFree(output, format);
  const names = namesOf(source, image);
  const held = await readHeldImage(source, names[0].image, signal);
  const content = contentOf(held, names, { format, platform });
  const wanted = new Set(content.blobs.map(({ digest }) => digest));
  const bytes = totalSize(content.blobs);
  await source.require(signal, wanted);
  if ('path' in output)
    await requireFreeSpace({ path: output.path, what: 'the image', bytes, flag: '--output' });
  listener.onStart(bytes);
  const { documents } = content;
  const blobs = countedBlobs(
    source.blobs((digest) => wanted.has(digest), signal),
    listener.onBytes,
  );
  if (format !== 'oci') await extractStream(output, archiveContent(documents, blobs));
  else if ('path' in output) {
    await extractFolder(output.path, async (folder) => await writeLayout(folder, { documents, blobs }));
  }
  return {
    kind: 'image',
    names: names.map(({ name }) => name),
    format,
    digest: content.root.digest,
    platforms: platform === undefined ? held.graph.platforms : [formatPlatform(platform)],
    blobs: wanted.size,
    bytes,
  };
}

async function requireFree(output: StreamOutput, format: ImageFormat): Promise<void> {
  if ('path' in output) {
    await (format === 'oci' ? requireFreeFolder(output.path) : requireFreeFile(output.path));
    return;
  }
  if (format !== 'oci') return;
  throw new PaletteEdgeError(
    'OUTPUT_NEEDED',
    '--format oci makes a folder, which is not written to standard output',
    {
      kind: 'usage',
      suggestions: ['Name a folder: --output FOLDER', 'Or write a tar: --format oci-archive'],
    },
  );
}

function contentOf(
  held: HeldImage,
  names: readonly ImageName[],
  { format, platform }: Pick<ImageToExtract, 'format' | 'platform'>,
): ImageContent {
  if (format === 'docker-archive') return dockerContent(held, names, imageOfPlatform(held, platform));
  return layoutContent(held, names, platform === undefined ? undefined : imageOfPlatform(held, platform));
}

/** The names of the one image that a pattern fits; an image is rather meant than a signature beside it. */
function namesOf(source: BundleSource, pattern: string): readonly [ImageName, ...ImageName[]] {
  const glob = imageGlob(pattern);
  const fitting = source.inventory.images.filter(({ reference }) => glob.matches(parseReference(reference)));
  const proper = fitting.filter((image) => !isCompanion(image));
  const images = proper.length > 0 ? proper : fitting;
  const [first] = images;
  if (first === undefined) throw noSuchImage(pattern, source.path);
  if (images.some(({ digest }) => digest !== first.digest)) throw ambiguous(pattern, images);
  const chosen = new Set(images.map(({ reference }) => reference));
  const names = imageNames(source.inventory.images).filter(({ image }) => chosen.has(image.reference));
  const [head, ...rest] = names;
  // Only when its tag stands for another image: its digest names it.
  if (head === undefined) return [{ name: first.reference, isTag: false, image: first }];
  return [head, ...rest];
}

function noSuchImage(pattern: string, path: string): PaletteEdgeError {
  return new PaletteEdgeError('NO_SUCH_IMAGE', `--image ${pattern} names no image of ${path}`, {
    kind: 'notFound',
    suggestions: [
      `See the names in it: palette-edge inspect ${path}`,
      'A pattern is a whole name: **/nginx:* for nginx of any registry.',
    ],
  });
}

function ambiguous(pattern: string, images: readonly BundledImage[]): PaletteEdgeError {
  const shown = images.slice(0, 10).map(({ reference }) => `--image ${reference}`);
  return new PaletteEdgeError(
    'IMAGE_AMBIGUOUS',
    `--image ${pattern} fits ${images.length} images, and one is extracted`,
    {
      kind: 'usage',
      suggestions: [...shown.map((flag) => `Name this one: ${flag}`), 'Or all: --all FOLDER'],
    },
  );
}
