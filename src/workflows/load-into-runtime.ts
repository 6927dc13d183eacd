import { PaletteEdgeError } from '../errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { ContainerRuntime, WantedImage } from '../runtime/container-runtime.ts';
import { isFailureOfOne } from './image-failure.ts';
import type { ImageFailure } from './image-failure.ts';
import { archiveBytes, loadArchive } from './load-archive.ts';
import type { ImageContent } from './load-archive.ts';
import type { LoadListener } from './load-input.ts';
import { digestsOf } from './load-plan.ts';
import type { ImageToLoad } from './load-plan.ts';

/** What became of the images. */
export interface LoadedIntoRuntime {
  /** Those that were there before. */
  readonly present: ReadonlySet<ImageToLoad>;
  readonly failures: readonly ImageFailure[];
  /** Of blobs, read and sent. */
  readonly bytes: number;
}

/** What loading into a runtime needs. */
export interface RuntimeLoading {
  readonly runtime: ContainerRuntime;
  readonly listener: LoadListener;
  /** Whether the bundle can be read only once. */
  readonly isStream: boolean;
  readonly signal: AbortSignal;
}

/**
 * Loads what is not there yet, and asks afterwards whether it is there: under its names, with its digests, and all of its content. Where images
 * are sent one by one, one that fails does not stop the others.
 *
 * @throws PaletteEdgeError as running its program does, of kind content for what is damaged, `FILE_NEEDED` (kind usage)
 */
export async function loadIntoRuntime(
  source: ImageContent,
  images: readonly ImageToLoad[],
  loading: RuntimeLoading,
): Promise<LoadedIntoRuntime> {
  const { runtime, listener, signal } = loading;
  const { present, missing, sendings, bytes } = await planIntoRuntime(images, loading);
  if (missing.length === 0) return { present, failures: [], bytes };
  await source.require(signal, digestsOf(missing));
  listener.onStart(bytes);
  const errors = new Map<string, PaletteEdgeError>();
  for (const sending of sendings) {
    try {
      await send(source, sending, loading);
    } catch (error) {
      if (sendings.length === 1 || !isOfOneImage(error)) throw error;
      for (const name of namesOf(sending)) errors.set(name, error);
    }
  }
  const after = await runtime.find(missing.map(wantedImage), signal);
  const failures = missing
    .filter((image) => !isThere(image, after))
    .map((image) => failureOf(image, after, errors));
  return { present, failures, bytes };
}

async function send(
  source: ImageContent,
  { images, tagged }: Sending,
  { runtime, listener, signal }: RuntimeLoading,
): Promise<void> {
  const isDocker = runtime.needsDockerArchive;
  const archive = loadArchive(source, images, { isDocker, onBytes: listener.onBytes, signal });
  await runtime.load(archive, signal);
  for (const { name, other } of tagged) await runtime.tag?.(name, other, signal);
}

/** A runtime that nobody can use fails in the same way for every image. */
const failuresOfAll: ReadonlySet<string> = new Set([
  'RUNTIME_MISSING',
  'RUNTIME_DENIED',
  'RUNTIME_UNREACHABLE',
]);

function isOfOneImage(error: unknown): error is PaletteEdgeError {
  return isFailureOfOne(error) && !failuresOfAll.has(error.code);
}

function namesOf({ images, tagged }: Sending): string[] {
  const sent = images.flatMap(({ names }) => names.map(({ name }) => name));
  return [...sent, ...tagged.map(({ other }) => other)];
}

/** What is there, and what would be sent. */
interface RuntimePlan {
  readonly present: ReadonlySet<ImageToLoad>;
  readonly missing: readonly ImageToLoad[];
  readonly sendings: readonly Sending[];
  /** Of blobs in all of them. */
  readonly bytes: number;
}

/**
 * Asks what is there, and plans what {@link loadIntoRuntime} sends.
 *
 * @throws PaletteEdgeError as running its program does, `FILE_NEEDED` (kind usage)
 */
export async function planIntoRuntime(
  images: readonly ImageToLoad[],
  { runtime, isStream, signal }: Omit<RuntimeLoading, 'listener'>,
): Promise<RuntimePlan> {
  const there = await runtime.find(images.map(wantedImage), signal);
  const missing = images.filter((image) => !isThere(image, there));
  const present = new Set(images.filter((image) => isThere(image, there)));
  if (missing.length === 0) return { present, missing, sendings: [], bytes: 0 };
  const sendings = runtime.takesOneName ? oneByOne(missing) : [{ images: missing, tagged: [] }];
  if (isStream && sendings.length > 1) throw fileNeeded(runtime, sendings.length);
  const bytes = sendings.reduce((sum, sending) => sum + archiveBytes(sending.images), 0);
  return { present, missing, sendings, bytes };
}

function wantedImage({ names, root, images, blobs }: ImageToLoad): WantedImage {
  return {
    names: names.map(({ name }) => name),
    root: root.digest,
    configs: images.map(({ config }) => config.digest),
    blobs: blobs.map(({ digest }) => digest),
  };
}

function isThere({ names }: ImageToLoad, there: ReadonlySet<string>): boolean {
  return names.every(({ name }) => there.has(name));
}

/** One archive, and names that are given to what was in it. */
interface Sending {
  readonly images: readonly ImageToLoad[];
  readonly tagged: readonly { readonly name: string; readonly other: string }[];
}

/**
 * Each image under one name. Other tags of it, of other references too, are given to it afterwards; its name by digest follows from the
 * first, and is only sent where there is no tag in that repository.
 */
function oneByOne(images: readonly ImageToLoad[]): Sending[] {
  const sendings: Sending[] = [];
  for (const same of Map.groupBy(images, ({ root }) => root.digest).values()) {
    const tags = same.flatMap(({ names }) => names.filter(({ isTag }) => isTag).map(({ name }) => name));
    const [name, ...others] = tags;
    const untagged = same.filter(({ names }) => !names.some(({ isTag }) => isTag));
    const tagged = same.find(({ names }) => names.some((each) => each.name === name));
    if (tagged !== undefined && name !== undefined) {
      const only = { ...tagged, names: tagged.names.filter((each) => each.name === name) };
      sendings.push({ images: [only], tagged: others.map((other) => ({ name, other })) });
    }
    for (const image of untagged) sendings.push({ images: [image], tagged: [] });
  }
  return sendings;
}

function failureOf(
  { image, names, root }: ImageToLoad,
  there: ReadonlySet<string>,
  errors: ReadonlyMap<string, PaletteEdgeError>,
): ImageFailure {
  const absent = names.filter(({ name }) => !there.has(name)).map(({ name }) => name);
  const error = absent.map((name) => errors.get(name)).find((found) => found !== undefined);
  const { reference, origins } = image;
  return { name: reference, origins, error: error ?? notLoaded(absent, root) };
}

function notLoaded(absent: readonly string[], root: Descriptor): PaletteEdgeError {
  return new PaletteEdgeError(
    'NOT_LOADED',
    `it was sent, but ${absent.join(', ')} is not there with ${root.digest} and all of its content`,
    { kind: 'failure', suggestions: ['Run the same command again: what is there is not sent again.'] },
  );
}

function fileNeeded(runtime: ContainerRuntime, count: number): PaletteEdgeError {
  return new PaletteEdgeError(
    'FILE_NEEDED',
    `${runtime.name} takes images one by one, and ${count} of them cannot be read from what arrives once`,
    {
      kind: 'usage',
      suggestions: ['Name a file, its parts or an ISO image.', 'Or load one image: --image REF'],
    },
  );
}
