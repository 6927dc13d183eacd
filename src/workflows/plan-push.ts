import type { BlobIdentity } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { formatReference, formatRepository } from '../oci/reference.ts';
import type { Reference } from '../oci/reference.ts';
import { blobPlace, manifestPlace } from './ask-target.ts';
import type { ImageToPush, TargetState } from './ask-target.ts';
import { listedSubject } from './listed-subject.ts';

/** What a push is going to do. */
export interface PushPlan {
  readonly images: readonly PlannedPush[];
  /** Unique blobs that are missing somewhere, largest first. */
  readonly blobs: readonly BlobToSend[];
  /** Bytes that no repository of the registry has, each blob once. */
  readonly bytesToSend: number;
  /** Bytes of blobs that are in every repository that needs them, each blob once. */
  readonly bytesPresent: number;
}

/** An image, and what becomes of it. */
export interface PlannedPush {
  readonly reference: string;
  /** `registry.example.com/hub/library/nginx:1.27`; with the digest where there is no tag. */
  readonly pushedAs: string;
  readonly digest: Digest;
  readonly isCompanion: boolean;
  /** Whether all of it is there, under its tag. */
  readonly isPresent: boolean;
  /** What the tag stands for until now, when that is something else. */
  readonly replaces?: Digest;
}

/** A blob, and where it is missing. */
export interface BlobToSend {
  readonly blob: BlobIdentity;
  /** At least one. */
  readonly missingIn: readonly Pick<Reference, 'registry' | 'repository'>[];
  /** A repository of the registry that has it, without the registry. */
  readonly heldBy: string | undefined;
}

/** Plans a push from what a registry has. What it did not say is planned as missing. */
export function planPush(images: readonly ImageToPush[], state: TargetState): PushPlan {
  const places = blobPlaces(images);
  const blobs: BlobToSend[] = [];
  let bytesToSend = 0;
  let bytesPresent = 0;
  for (const { blob, repositories } of places) {
    const isThere = (repository: Repository): boolean =>
      state.present.has(blobPlace(repository, blob.digest));
    const missingIn = repositories.filter((repository) => !isThere(repository));
    const heldBy = repositories.find(isThere)?.repository;
    if (missingIn.length > 0) blobs.push({ blob, missingIn, heldBy });
    if (heldBy === undefined) bytesToSend += blob.size;
    if (missingIn.length === 0) bytesPresent += blob.size;
  }
  return { images: images.map((image) => planImage(image, state)), blobs, bytesToSend, bytesPresent };
}

/**
 * A plan that takes blobs from repositories that nothing is pushed to.
 *
 * @param repositoryOf a repository of the same registry that has a blob, without the registry
 */
export function withMounts(plan: PushPlan, repositoryOf: (digest: Digest) => string | undefined): PushPlan {
  const blobs = plan.blobs.map((item) => ({
    ...item,
    heldBy: item.heldBy ?? repositoryOf(item.blob.digest),
  }));
  const toSend = blobs.filter(({ heldBy }) => heldBy === undefined);
  return { ...plan, blobs, bytesToSend: toSend.reduce((sum, { blob }) => sum + blob.size, 0) };
}

type Repository = Pick<Reference, 'registry' | 'repository'>;

/** The same order on every run. */
function blobPlaces(
  images: readonly ImageToPush[],
): { readonly blob: BlobIdentity; readonly repositories: readonly Repository[] }[] {
  const places = new Map<Digest, { blob: BlobIdentity; repositories: Map<string, Repository> }>();
  for (const { repository, content } of images) {
    for (const blob of content.manifests.flatMap((manifest) => manifest.blobs)) {
      const known = places.get(blob.digest) ?? { blob, repositories: new Map<string, Repository>() };
      known.repositories.set(formatRepository(repository), repository);
      places.set(blob.digest, known);
    }
  }
  return [...places.values()]
    .map(({ blob, repositories }) => ({ blob, repositories: [...repositories.values()] }))
    .toSorted(
      ({ blob: left }, { blob: right }) => right.size - left.size || (left.digest < right.digest ? -1 : 1),
    );
}

function planImage(image: ImageToPush, { present, tags, listed }: TargetState): PlannedPush {
  const { reference, repository, tag, isCompanion, content } = image;
  const { digest } = content.root;
  const pushedAs = formatReference(tag === undefined ? { ...repository, digest } : { ...repository, tag });
  const tagged = tags.get(pushedAs);
  const isListed = listed.has(pushedAs);
  // Where another list has all that this one names, this one is not needed.
  const needed = content.manifests.filter(({ descriptor }) => !isListed || descriptor.digest !== digest);
  const places = needed.flatMap(({ descriptor, blobs }) => [
    manifestPlace(repository, descriptor.digest),
    ...blobs.map((blob) => blobPlace(repository, blob.digest)),
  ]);
  // The registry's own list of referrers is added to, and never replaced.
  const isList = tag !== undefined && listedSubject(tag) !== undefined;
  const isTagged = tag === undefined || tagged === digest || isListed;
  return {
    reference,
    pushedAs,
    digest,
    isCompanion,
    isPresent: isTagged && places.every((place) => present.has(place)),
    ...(tagged === undefined || tagged === digest || isList ? {} : { replaces: tagged }),
  };
}
