import { cosignTags, fallbackTag } from '../oci/companion-tags.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { parseManifest } from '../oci/manifest.ts';
import { isIndexType, isManifestType } from '../oci/media-types.ts';
import { formatReference } from '../oci/reference.ts';
import type { Reference } from '../oci/reference.ts';
import { maximumReferrers } from '../registry/referrers.ts';
import { fetchSmall } from './fetch-small.ts';
import type { FetchContext } from './fetch-small.ts';
import { isFailureOfOne } from './image-failure.ts';

/** A manifest that a registry has beside another one, and the name that it has there. */
export interface FoundCompanion {
  readonly reference: Reference;
  readonly descriptor: Descriptor;
}

/** What a registry has beside one manifest. */
export interface FoundCompanions {
  readonly companions: readonly FoundCompanion[];
  /** Why there may be more: what the registry did not say, or what is too much. */
  readonly gaps: readonly string[];
}

/** A manifest of a repository. */
export interface Subject {
  readonly repository: Pick<Reference, 'registry' | 'repository'>;
  readonly digest: Digest;
}

/**
 * Asks a registry for the signatures, attestations, SBOMs and other referrers of a manifest: under the tags of cosign, by
 * the referrers API, and where there is none in the list under the fallback tag (distribution-spec 1.1, "Referrers Tag
 * Schema"). That there are none is the usual answer.
 *
 * @throws what is no failure of this question: an interruption, a full disk, a bug
 */
export async function findCompanions(subject: Subject, context: FetchContext): Promise<FoundCompanions> {
  const gaps: string[] = [];
  const orGap = async (question: Promise<readonly FoundCompanion[]>): Promise<readonly FoundCompanion[]> => {
    try {
      return await question;
    } catch (error) {
      if (!isFailureOfOne(error)) throw error;
      gaps.push(error.message);
      return [];
    }
  };
  const questions = [
    ...cosignTags(subject.digest).map(async (tag) => await findTagged(subject, tag, context)),
    findReferrers(subject, { ...context, gaps }),
  ];
  const outcomes = await Promise.allSettled(questions.map(orGap));
  const companions = outcomes.flatMap((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
  return { companions, gaps: gaps.toSorted() };
}

async function findTagged(
  { repository, digest }: Subject,
  tag: string,
  { registry, signal }: FetchContext,
): Promise<FoundCompanion[]> {
  const descriptor = await registry.findTag(repository, tag, signal);
  // GitLab takes `sha256-…` for the digest: then it answers with the subject itself.
  if (descriptor === undefined || descriptor.digest === digest) return [];
  return [{ reference: { ...repository, tag }, descriptor }];
}

interface ReferrersContext extends FetchContext {
  readonly gaps: string[];
}

async function findReferrers(subject: Subject, context: ReferrersContext): Promise<FoundCompanion[]> {
  const { repository, digest } = subject;
  const listed = await context.registry.listReferrers(repository, digest, context.signal);
  if (listed === undefined) return await findFallback(subject, context);
  if (listed.isCut) context.gaps.push(tooMany(subject));
  return byDigest(subject, listed.manifests, context);
}

/** The list itself is one of the companions: whoever asks a registry without the API looks for it. */
async function findFallback(subject: Subject, context: ReferrersContext): Promise<FoundCompanion[]> {
  const [list] = await findTagged(subject, fallbackTag(subject.digest), context);
  if (list === undefined || !isIndexType(list.descriptor.mediaType)) return [];
  const bytes = await fetchSmall(list.reference, list.descriptor, context);
  const manifest = parseManifest(bytes, list.descriptor.mediaType, formatReference(list.reference));
  if (manifest.kind !== 'index') return [];
  const named = byDigest(subject, manifest.manifests.slice(0, maximumReferrers), context);
  if (manifest.manifests.length <= maximumReferrers) return [list, ...named];
  // With the list everything in it would come.
  context.gaps.push(tooMany(subject));
  return named;
}

function byDigest(
  { repository }: Subject,
  manifests: readonly Descriptor[],
  { gaps }: ReferrersContext,
): FoundCompanion[] {
  return manifests.flatMap((descriptor) => {
    const { digest, mediaType } = descriptor;
    const reference = { ...repository, digest };
    if (isIndexType(mediaType) || isManifestType(mediaType)) return [{ reference, descriptor }];
    gaps.push(
      `${formatReference(reference)} is no manifest that can be bundled: its media type is ${JSON.stringify(mediaType.slice(0, 100))}`,
    );
    return [];
  });
}

function tooMany({ repository, digest }: Subject): string {
  const name = formatReference({ ...repository, digest });
  return `${name} has more than ${maximumReferrers} referrers, and the first ${maximumReferrers} are taken`;
}
