import type { PaletteEdgeError } from '../errors.ts';
import { fallbackTag } from '../oci/companion-tags.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { parseManifest } from '../oci/manifest.ts';
import { isIndexType, isManifestType } from '../oci/media-types.ts';
import { formatReference } from '../oci/reference.ts';
import type { Reference } from '../oci/reference.ts';
import { maximumReferrers } from '../registry/referrers.ts';
import { cosignPredicateType, isCosignBundleType } from '../trust/cosign-bundle.ts';
import { cosignPayloadType, cosignSignatureAnnotation } from '../trust/cosign-payload.ts';
import type { FoundSignature } from '../trust/image-signature-verdict.ts';
import { fetchSmall } from './fetch-small.ts';
import type { FetchContext } from './fetch-small.ts';
import type { Subject } from './find-companions.ts';
import { isFailureOfOne } from './image-failure.ts';

/** Something beside an image that may be a signature of it, or why it cannot be read. */
export type SignatureBeside = { readonly signature: FoundSignature } | { readonly reason: string };

/** Where signatures are looked for. */
export interface SignatureSearch extends FetchContext {
  /** What a registry did not say: added to. There may be signatures behind it. */
  readonly gaps: PaletteEdgeError[];
}

/** Signatures of one image that are looked at: a payload is fetched for each. Whoever signs daily with every build stays below it for long. */
export const maximumSignatures = 256;
/** Bytes of one signed payload or bundle; cosign's have less than 10 kB. */
export const maximumSignatureSize = 256 * 1024;

/** What cosign called its referrers before it made them bundles. */
const signatureArtifactType = 'application/vnd.dev.cosign.artifact.sig.v1+json';

/**
 * Finds the signatures of a manifest: under the tag of cosign (SIGNATURE_SPEC, "Tag-based Discovery"), then among its referrers
 * (BUNDLE_SPEC, "Retrieval"). Lazily: whoever has found a good one asks for no more.
 *
 * @throws what is no failure of this question: an interruption, a full disk, a bug
 */
export async function* findImageSignatures(
  subject: Subject,
  search: SignatureSearch,
): AsyncGenerator<SignatureBeside, void, undefined> {
  let count = 0;
  for await (const found of signaturesBeside(subject, search)) {
    count += 1;
    if (count > maximumSignatures) {
      yield { reason: `there are more than ${maximumSignatures} of them, and the rest was not looked at` };
      return;
    }
    yield 'layer' in found ? await readSignature(found, search) : found;
  }
}

/** A layer that holds a signature, or is one. */
interface SignatureLayer {
  readonly reference: Reference;
  readonly layer: Descriptor;
}

type LayerBeside = SignatureLayer | { readonly reason: string };

async function* signaturesBeside(
  subject: Subject,
  search: SignatureSearch,
): AsyncGenerator<LayerBeside, void, undefined> {
  yield* await orReason(search, async () => {
    const tagged = await findTagged(subject, `${fallbackTag(subject.digest)}.sig`, search);
    return tagged === undefined ? [] : await layersOf(tagged, search);
  });
  const referrers = await orReason(search, async () => await findReferrers(subject, search));
  for (const found of referrers) {
    if ('reason' in found) yield found;
    else yield* await orReason(search, async () => await layersOf(found, search));
  }
}

interface Beside {
  readonly reference: Reference;
  readonly descriptor: Descriptor;
}

async function findTagged(
  { repository, digest }: Subject,
  tag: string,
  { registry, signal }: SignatureSearch,
): Promise<Beside | undefined> {
  const descriptor = await registry.findTag(repository, tag, signal);
  // GitLab takes `sha256-…` for the digest: then it answers with the subject itself.
  if (descriptor === undefined || descriptor.digest === digest) return undefined;
  return { reference: { ...repository, tag }, descriptor };
}

async function findReferrers(
  subject: Subject,
  search: SignatureSearch,
): Promise<readonly (Beside | { readonly reason: string })[]> {
  const { repository, digest } = subject;
  const listed = await search.registry.listReferrers(repository, digest, search.signal);
  const { manifests, isCut } = listed ?? (await fallbackList(subject, search));
  const named = manifests.flatMap((descriptor): (Beside | { readonly reason: string })[] => {
    const { artifactType, annotations = {} } = descriptor;
    const isOther = artifactType !== undefined && artifactType !== signatureArtifactType;
    if (isOther && !isCosignBundleType(artifactType)) return [];
    const predicate = annotations['dev.sigstore.bundle.predicateType'] ?? cosignPredicateType;
    // Whoever lies here hides what could only help.
    if (predicate !== cosignPredicateType) return [];
    return [{ reference: { ...repository, digest: descriptor.digest }, descriptor }];
  });
  const reason = `there are more than ${maximumReferrers} referrers, and the rest was not looked at`;
  return isCut ? [...named, { reason }] : named;
}

/** The list under the fallback tag, of a registry without the API (distribution-spec 1.1, "Referrers Tag Schema"). */
async function fallbackList(
  subject: Subject,
  search: SignatureSearch,
): Promise<{ readonly manifests: readonly Descriptor[]; readonly isCut: boolean }> {
  const list = await findTagged(subject, fallbackTag(subject.digest), search);
  if (list === undefined || !isIndexType(list.descriptor.mediaType)) return { manifests: [], isCut: false };
  const { reference, descriptor } = list;
  const bytes = await fetchSmall(reference, descriptor, search);
  const manifest = parseManifest(bytes, descriptor.mediaType, formatReference(reference));
  const manifests = manifest.kind === 'index' ? manifest.manifests : [];
  return { manifests: manifests.slice(0, maximumReferrers), isCut: manifests.length > maximumReferrers };
}

/** The newest first: cosign adds signatures at the end. */
async function layersOf({ reference, descriptor }: Beside, search: SignatureSearch): Promise<LayerBeside[]> {
  const place = formatReference(reference);
  if (!isManifestType(descriptor.mediaType)) return [{ reason: `${place} is no manifest of signatures` }];
  const bytes = await fetchSmall(reference, descriptor, search);
  const manifest = parseManifest(bytes, descriptor.mediaType, place);
  const layers = manifest.kind === 'image' ? manifest.layers : [];
  return layers
    .filter(({ mediaType }) => mediaType === cosignPayloadType || isCosignBundleType(mediaType))
    .toReversed()
    .map((layer) => ({ reference, layer }));
}

async function readSignature(
  { reference, layer }: SignatureLayer,
  search: SignatureSearch,
): Promise<SignatureBeside> {
  const { mediaType, size, annotations = {} } = layer;
  if (size > maximumSignatureSize)
    return { reason: `one has ${size} bytes, over the ${maximumSignatureSize} that are read` };
  const isBundle = isCosignBundleType(mediaType);
  const signature = annotations[cosignSignatureAnnotation];
  if (!isBundle && signature === undefined) return { reason: 'one is a payload without a signature' };
  const [read] = await orReason(search, async (): Promise<SignatureBeside[]> => {
    const bytes = await fetchSmall(reference, layer, search);
    return [{ signature: isBundle ? { bundle: bytes } : { payload: bytes, signature: signature ?? '' } }];
  });
  return read ?? { reason: 'one could not be read' };
}

/** What a registry has is its own fault, and told of; what it does not say leaves a gap. */
async function orReason<T>(
  { gaps }: SignatureSearch,
  question: () => Promise<readonly T[]>,
): Promise<readonly (T | { readonly reason: string })[]> {
  try {
    return await question();
  } catch (error) {
    if (!isFailureOfOne(error)) throw error;
    if (error.kind === 'content' || error.kind === 'notFound') return [{ reason: error.message }];
    gaps.push(error);
    return [];
  }
}
