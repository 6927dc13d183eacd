import { PaletteEdgeError } from '../errors.ts';
import type { BlobReader } from '../oci/blob-access.ts';
import type { BlobIdentity, Descriptor, Platform } from '../oci/descriptor.ts';
import { imagesFitting } from '../oci/fitting-platform.ts';
import { walkImage } from '../oci/image-graph.ts';
import type { GraphImage, ImageGraph } from '../oci/image-graph.ts';
import { maximumManifestSize } from '../oci/manifest.ts';
import { formatPlatform } from '../oci/platform.ts';
import { readWholeBlob } from '../oci/read-whole-blob.ts';
import type { ImageName } from './image-names.ts';
import type { BundledImage } from './inventory.ts';
import { keptPlatforms } from './kept-platforms.ts';
import { dockerManifestDocument, indexDocument, ociLayoutDocument } from './oci-documents.ts';
import type { HeadEntry } from './tar-layout.ts';

/** What a bundle has of an image: its manifests are read, nothing else. */
export interface HeldImage {
  readonly image: BundledImage;
  readonly graph: ImageGraph;
}

/** An image as an OCI image layout or an archive: documents, and the blobs that they lead to. */
export interface ImageContent {
  readonly documents: readonly HeadEntry[];
  readonly root: Descriptor;
  /** Each once. */
  readonly blobs: readonly BlobIdentity[];
}

/**
 * Reads what an image of a bundle consists of.
 *
 * @param blobs of the bundle
 * @throws PaletteEdgeError `IMAGE_DAMAGED` for a blob that the bundle does not hold, or another error of kind content for manifests that are
 *   damaged
 */
export async function readHeldImage(
  blobs: BlobReader,
  image: BundledImage,
  signal: AbortSignal | undefined,
): Promise<HeldImage> {
  const { reference, digest, size, mediaType } = image;
  const graph = await walkImage(
    reference,
    { digest, size, mediaType },
    {
      fetch: async (descriptor) => {
        await requireHeld(blobs, reference, descriptor);
        return await readManifest(blobs, descriptor, signal);
      },
      platforms: keptPlatforms(image),
    },
  );
  for (const { descriptor } of graph.blobs) await requireHeld(blobs, reference, descriptor);
  return { image, graph };
}

/**
 * The image of one platform.
 *
 * @param platform undefined when there is only one
 * @throws PaletteEdgeError `NOT_AN_IMAGE` (kind usage) for charts and other artifacts, `PLATFORM_NEEDED` (kind usage) when one has to be
 *   named, `PLATFORM_MISSING` (kind notFound)
 */
export function imageOfPlatform({ image, graph }: HeldImage, platform: Platform | undefined): GraphImage {
  const { reference, platforms } = image;
  const { images } = graph;
  const [first] = images;
  if (first === undefined) {
    throw new PaletteEdgeError('NOT_AN_IMAGE', `${reference} is no image that a container can run`, {
      kind: 'usage',
      suggestions: ['Artifacts are extracted as they are with --format oci or oci-archive.'],
    });
  }
  const fitting = platform === undefined ? images : imagesFitting(images, platform);
  const [only] = fitting;
  if (only === undefined) throw platformMissing(reference, platform, platforms);
  if (platform === undefined && images.length > 1) throw platformNeeded(reference, platforms);
  return only;
}

/**
 * The image as an OCI image layout (image-spec, image-layout.md), with the digest that it has in the registry; an image index may be
 * sparse. With a platform, the image of that one alone.
 *
 * @param names all that it is called, see `imageNames`
 */
export function layoutContent(
  { graph }: HeldImage,
  names: readonly ImageName[],
  only: GraphImage | undefined,
): ImageContent {
  const root = only === undefined ? graph.root : only.manifest;
  const blobs =
    only === undefined
      ? graph.blobs.map(({ descriptor }) => descriptor)
      : [only.manifest, only.config, ...only.layers];
  const unique = [...new Map(blobs.map(({ digest, size }) => [digest, { digest, size }])).values()];
  const documents = [
    { path: 'oci-layout', bytes: ociLayoutDocument() },
    { path: 'index.json', bytes: indexDocument(named(names, root)) },
  ];
  return { documents, root, blobs: unique };
}

/**
 * The image of a platform as `docker save` of Docker 25 and later has it: `manifest.json` (moby/docker-image-spec, "Combined Image JSON +
 * Filesystem Changeset Format") beside an OCI image layout. Layers stay as they are: docker and podman take compressed ones.
 */
export function dockerContent(held: HeldImage, names: readonly ImageName[], only: GraphImage): ImageContent {
  const content = layoutContent(held, names, only);
  const graph = { ...held.graph, root: only.manifest, images: [only] };
  const manifest = dockerManifestDocument(named(names, only.manifest), () => graph);
  return { ...content, documents: [...content.documents, { path: 'manifest.json', bytes: manifest }] };
}

/** Charts and companions have names here: each is what was asked for. */
function named(names: readonly ImageName[], { digest, size, mediaType }: Descriptor): ImageName[] {
  return names.map(({ image, ...name }) => ({
    ...name,
    image: { ...image, digest, size, mediaType, artifactType: undefined, origins: [] },
  }));
}

async function requireHeld(blobs: BlobReader, reference: string, descriptor: Descriptor): Promise<void> {
  const held = await blobs.sizeOf(descriptor.digest);
  if (held !== descriptor.size) throw imageDamaged(reference, descriptor, held);
}

async function readManifest(
  blobs: BlobReader,
  descriptor: Descriptor,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  if (descriptor.size > maximumManifestSize) {
    throw new PaletteEdgeError(
      'MANIFEST_INVALID',
      `${descriptor.digest} is a manifest or config of over 4 MiB`,
      { kind: 'content' },
    );
  }
  return await readWholeBlob(blobs, descriptor, signal);
}

function imageDamaged(
  reference: string,
  { digest, size }: Descriptor,
  held: number | undefined,
): PaletteEdgeError {
  const reason = held === undefined ? 'it is not in the bundle' : `it has ${held} bytes in the bundle`;
  return new PaletteEdgeError(
    'IMAGE_DAMAGED',
    `${reference} needs ${digest} of ${size} bytes, but ${reason}`,
    {
      kind: 'content',
      suggestions: ['palette-edge verify tells what else is damaged.'],
    },
  );
}

function platformNeeded(reference: string, platforms: readonly string[]): PaletteEdgeError {
  return new PaletteEdgeError(
    'PLATFORM_NEEDED',
    `a docker-archive holds one platform, and ${reference} has several: ${platforms.join(', ')}`,
    {
      kind: 'usage',
      suggestions: [
        `Name one: --platform ${platforms[0] ?? 'linux/amd64'}`,
        'Or take all of them: --format oci-archive',
      ],
    },
  );
}

function platformMissing(
  reference: string,
  platform: Platform | undefined,
  platforms: readonly string[],
): PaletteEdgeError {
  const wanted = platform === undefined ? 'a platform' : formatPlatform(platform);
  return new PaletteEdgeError(
    'PLATFORM_MISSING',
    `${reference} has no ${wanted} in the bundle, which has: ${platforms.join(', ')}`,
    { kind: 'notFound', suggestions: ['Name one that it has, or leave --platform and --arch out.'] },
  );
}
