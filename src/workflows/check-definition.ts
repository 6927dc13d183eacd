import type { DefinedImage } from '../definition/definition.ts';
import { PaletteEdgeError } from '../errors.ts';
import { runLimited } from '../io/run-limited.ts';
import type { Digest } from '../oci/digest.ts';
import type { RegistryClient } from '../registry/registry-client.ts';
import { isFailureOfOne } from './image-failure.ts';
import type { LoadedDefinition } from './load-definition.ts';

/** What has become of the images of a definition. */
export interface DefinitionCheck {
  readonly path: string;
  /** How many there are. */
  readonly images: number;
  /** Images whose tag stands for something else now. */
  readonly moved: readonly MovedImage[];
  /** Images whose tag, or whose digest when it has no tag, is gone. */
  readonly gone: readonly GoneImage[];
  /** Images without a digest: there is nothing to compare. */
  readonly unpinned: readonly string[];
  /** Images of which nobody could say. */
  readonly unknown: readonly UnknownImage[];
}

/** An image with its digest in the definition. */
interface CheckedImage {
  readonly reference: string;
  readonly digest: Digest;
  /** Whether the digest can still be pulled, as far as the registry says. */
  readonly isStillThere: boolean;
}

interface MovedImage extends CheckedImage {
  /** What the tag stands for now. */
  readonly current: Digest;
}

type GoneImage = CheckedImage;

interface UnknownImage {
  readonly reference: string;
  readonly code: string;
  readonly message: string;
}

/** Who is asked, and until when. */
export interface CheckOptions {
  readonly registry: RegistryClient;
  readonly signal: AbortSignal;
}

/** The registry client bounds requests to each host; this bounds what waits in memory. */
const imagesAtOnce = 32;

/**
 * Asks registries what the tags of a definition stand for now. Changes nothing.
 *
 * @throws what is no failure of one image: an interruption, a broken setting, a bug
 */
export async function checkDefinition(
  { path, definition }: LoadedDefinition,
  options: CheckOptions,
): Promise<DefinitionCheck> {
  const images = definition.images.toSorted((left, right) => (left.name < right.name ? -1 : 1));
  const limits = { concurrency: imagesAtOnce, signal: options.signal };
  const found = await runLimited(
    images,
    limits,
    async (image, signal) => await findingOf(image, { ...options, signal }),
  );
  return {
    path,
    images: images.length,
    moved: found.flatMap(({ moved }) => moved ?? []),
    gone: found.flatMap(({ gone }) => gone ?? []),
    unpinned: found.flatMap(({ unpinned }) => unpinned ?? []),
    unknown: found.flatMap(({ unknown }) => unknown ?? []),
  };
}

/** At most one of them. */
interface Finding {
  readonly moved?: MovedImage;
  readonly gone?: GoneImage;
  readonly unpinned?: string;
  readonly unknown?: UnknownImage;
}

async function findingOf(image: DefinedImage, options: CheckOptions): Promise<Finding> {
  const { name, digest } = image;
  if (digest === undefined) return { unpinned: name };
  try {
    return await compare(image, digest, options);
  } catch (error) {
    if (!isFailureOfOne(error)) throw error;
    return { unknown: { reference: name, code: error.code, message: error.message } };
  }
}

async function compare(
  { reference, name }: DefinedImage,
  digest: Digest,
  options: CheckOptions,
): Promise<Finding> {
  const { registry, repository, tag } = reference;
  const current = tag === undefined ? undefined : await digestNow({ registry, repository, tag }, options);
  if (current === digest) return {};
  const isStillThere = (await digestNow({ registry, repository, digest }, options)) === digest;
  if (tag === undefined && isStillThere) return {};
  const checked = { reference: name, digest, isStillThere };
  return current === undefined ? { gone: checked } : { moved: { ...checked, current } };
}

/** @returns undefined when the registry does not have it */
async function digestNow(
  reference: Parameters<RegistryClient['resolve']>[0],
  { registry, signal }: CheckOptions,
): Promise<Digest | undefined> {
  try {
    return (await registry.resolve(reference, signal)).digest;
  } catch (error) {
    if (error instanceof PaletteEdgeError && error.code === 'IMAGE_NOT_FOUND') return undefined;
    throw error;
  }
}
