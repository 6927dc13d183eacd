import type { PaletteEdgeError } from '../errors.ts';
import { runLimited } from '../io/run-limited.ts';
import type { BlobReader } from '../oci/blob-access.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { formatReference, formatRepository } from '../oci/reference.ts';
import type { Reference } from '../oci/reference.ts';
import type { RegistryPusher } from '../registry/registry-pusher.ts';
import { isFailureOfOne } from './image-failure.ts';
import { listedReferrers } from './listed-referrers.ts';
import { listedSubject } from './listed-subject.ts';
import type { PushContent } from './push-content.ts';
import type { NamedImage } from './push-names.ts';

/** An image to push, and what it consists of. */
export interface ImageToPush extends NamedImage {
  readonly content: PushContent;
}

/** What a registry has of what is to be pushed. */
export interface TargetState {
  /** What is there, by {@link manifestPlace} and {@link blobPlace}. */
  readonly present: ReadonlySet<string>;
  /** What the tags stand for now, by their names. */
  readonly tags: ReadonlyMap<string, Digest>;
  /** Tags of lists of referrers, by their names: the registry has another list, with all that ours names. */
  readonly listed: ReadonlySet<string>;
  /** What the registry did not say, by its place. */
  readonly unknown: ReadonlyMap<string, PaletteEdgeError>;
}

type Repository = Pick<Reference, 'registry' | 'repository'>;

/** Tells a manifest in one repository from the same one in another. */
export function manifestPlace(repository: Repository, digest: Digest): string {
  return `${formatRepository(repository)}@${digest}`;
}

/** Tells a blob in one repository from the same one in another, and from the manifest that it may be as well. */
export function blobPlace(repository: Repository, digest: Digest): string {
  return `${formatRepository(repository)}/blobs/${digest}`;
}

/**
 * Asks a registry what it has. The blobs of a manifest that is there are taken to be there, too: registries take no manifest
 * without them.
 *
 * A registry may refuse to tell whether something is there that it does not have; then it is as good as missing.
 *
 * @throws what is no failure of one image: an interruption, a bug
 */
export async function askTarget(images: readonly ImageToPush[], parts: AskingParts): Promise<TargetState> {
  const { pusher } = parts;
  const state: KnownState = {
    present: new Set(),
    tags: new Map(),
    listed: new Set(),
    unknown: new Map(),
    denied: new Map(),
  };
  await askTags(images, parts, state);
  await askLists(images, parts, state);
  await ask(manifestPlaces(images, state), parts, {
    state,
    isThere: async ({ repository, blob: { digest } }, signal) =>
      (await pusher.findManifest(repository, { digest }, signal)) === digest,
  });
  await ask(blobPlaces(images, state), parts, {
    state,
    isThere: async ({ repository, blob }, signal) => await pusher.hasBlob(repository, blob, signal),
  });
  return state;
}

interface AskingParts {
  readonly pusher: RegistryPusher;
  /** Of the bundles. */
  readonly blobs: BlobReader;
  readonly concurrency: number;
  readonly signal: AbortSignal;
}

interface KnownState extends TargetState {
  readonly present: Set<string>;
  readonly tags: Map<string, Digest>;
  readonly listed: Set<string>;
  readonly unknown: Map<string, PaletteEdgeError>;
  /** Repositories that are closed to us: they are not asked again. */
  readonly denied: Map<string, PaletteEdgeError>;
}

/** @throws the error itself when it is no failure of one image */
function takeNote(
  state: KnownState,
  { repository }: Pick<Place, 'repository'>,
  error: unknown,
): PaletteEdgeError {
  if (!isFailureOfOne(error)) throw error;
  if (error.kind === 'authentication') state.denied.set(formatRepository(repository), error);
  return error;
}

async function askTags(images: readonly ImageToPush[], parts: AskingParts, state: KnownState): Promise<void> {
  const { present, tags, unknown } = state;
  const tagged = images.filter(({ tag }) => tag !== undefined);
  await runLimited(tagged, parts, async ({ repository, tag = '', content: { root } }, signal) => {
    try {
      const digest = await parts.pusher.findManifest(repository, { tag }, signal);
      if (digest === undefined) return;
      tags.set(formatReference({ ...repository, tag }), digest);
      if (digest === root.digest) present.add(manifestPlace(repository, digest));
    } catch (error) {
      unknown.set(manifestPlace(repository, root.digest), takeNote(state, { repository }, error));
    }
  });
}

/** Compares lists of referrers that differ from ours: they grow with what others push. */
async function askLists(
  images: readonly ImageToPush[],
  { pusher, blobs, ...limits }: AskingParts,
  state: KnownState,
): Promise<void> {
  const others = images.flatMap(({ repository, tag, content }) => {
    const subject = tag === undefined ? undefined : listedSubject(tag);
    const name = formatReference({ ...repository, tag });
    const present = state.tags.get(name);
    const isOther = present !== undefined && present !== content.root.digest;
    return subject !== undefined && isOther ? [{ repository, subject, content, name }] : [];
  });
  await runLimited(others, limits, async ({ repository, subject, content, name }, signal) => {
    try {
      const entries = await listedReferrers(content, blobs, signal);
      if (await pusher.listsReferrers({ repository, subject }, entries, signal)) state.listed.add(name);
    } catch (error) {
      // Then it is added to, which tells what is wrong.
      takeNote(state, { repository }, error);
    }
  });
}

async function ask(
  places: ReadonlyMap<string, Place>,
  parts: AskingParts,
  {
    state,
    isThere,
  }: {
    readonly state: KnownState;
    readonly isThere: (place: Place, signal: AbortSignal) => Promise<boolean>;
  },
): Promise<void> {
  await runLimited([...places], parts, async ([name, place], signal) => {
    try {
      const denial = state.denied.get(formatRepository(place.repository));
      if (denial !== undefined) state.unknown.set(name, denial);
      else if (await isThere(place, signal)) state.present.add(name);
    } catch (error) {
      state.unknown.set(name, takeNote(state, place, error));
    }
  });
}

interface Place {
  readonly repository: Repository;
  readonly blob: BlobIdentity;
}

function manifestPlaces(
  images: readonly ImageToPush[],
  { present, unknown }: KnownState,
): Map<string, Place> {
  const places = new Map<string, Place>();
  for (const { repository, content } of images) {
    for (const { descriptor } of content.manifests) {
      const place = manifestPlace(repository, descriptor.digest);
      if (!present.has(place) && !unknown.has(place)) places.set(place, { repository, blob: descriptor });
    }
  }
  return places;
}

/** Those of manifests that are missing; adds those of manifests that are there to what is present. */
function blobPlaces(images: readonly ImageToPush[], { present }: KnownState): Map<string, Place> {
  const places = new Map<string, Place>();
  for (const { repository, content } of images) {
    for (const { descriptor, blobs } of content.manifests) {
      const named = blobs.map((blob) => [blobPlace(repository, blob.digest), { repository, blob }] as const);
      const isThere = present.has(manifestPlace(repository, descriptor.digest));
      for (const [place] of isThere ? named : []) present.add(place);
      for (const [place, item] of isThere ? [] : named) places.set(place, item);
    }
  }
  for (const place of present) places.delete(place);
  return places;
}
