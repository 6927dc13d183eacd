import type { Descriptor } from '../oci/descriptor.ts';
import { maximumManifestSize } from '../oci/manifest.ts';
import { mediaTypes } from '../oci/media-types.ts';
import { jsonAnswer } from './answer.ts';
import type { Answer } from './answer.ts';
import type { ApiCall } from './api-call.ts';
import { soughtDigest } from './name-grammar.ts';
import { compareNames, linkToPage } from './page-of-names.ts';
import { readStoredManifest } from './read-stored-manifest.ts';
import type { StoredManifest } from './registry-content.ts';

/** Manifests that are read for one answer; the next ones have a link. */
const maximumReferrersRead = 1000;

/** What an answer may hold, in bytes: clients take an image index of 4 MiB, and something is around the descriptors. */
const maximumPageSize = maximumManifestSize - 64 * 1024;

/** Lists the manifests with this subject (distribution-spec 1.1, "Listing Referrers", end-12). */
export async function listReferrers(call: ApiCall): Promise<Answer> {
  const { content, repository, query } = call;
  const artifactType = query.get('artifactType') ?? '';
  const subject = soughtDigest(call.reference);
  // An unknown subject, and even an unknown repository, has no referrers: 404 would say that there is no such API.
  const all = subject === undefined ? [] : await content.repositories.listReferrers(repository, subject);
  const { manifests, last } = await collectPage(call, all, artifactType);
  return jsonAnswer(
    200,
    { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests },
    {
      'content-type': mediaTypes.ociIndex,
      ...(artifactType === '' ? {} : { 'oci-filters-applied': 'artifactType' }),
      ...linkToPage(`/v2/${repository}/referrers/${call.reference}`, nextPage(artifactType, last)),
    },
  );
}

interface ReferrersPage {
  readonly manifests: readonly Descriptor[];
  /** Where the next page goes on; undefined when this one is the last. */
  readonly last: string | undefined;
}

/** In the order of digests, which stays when others come. */
async function collectPage(
  { content, query, signal }: ApiCall,
  all: readonly StoredManifest[],
  artifactType: string,
): Promise<ReferrersPage> {
  const after = query.get('last') ?? '';
  const behind = all
    .filter(({ digest }) => digest > after)
    .toSorted((left, right) => compareNames(left.digest, right.digest));
  const manifests: Descriptor[] = [];
  let size = 0;
  let last: string | undefined;
  for (const stored of behind.slice(0, maximumReferrersRead)) {
    const descriptor = await describe(content, stored, signal);
    if (artifactType === '' || descriptor.artifactType === artifactType) {
      size += Buffer.byteLength(JSON.stringify(descriptor));
      if (size > maximumPageSize && manifests.length > 0) return { manifests, last };
      manifests.push(descriptor);
    }
    last = stored.digest;
  }
  return { manifests, last: behind.length > maximumReferrersRead ? last : undefined };
}

async function describe(
  { blobs }: ApiCall['content'],
  stored: StoredManifest,
  signal: AbortSignal,
): Promise<Descriptor> {
  const { mediaType, digest, size } = stored;
  const { artifactType, annotations } = await readStoredManifest(blobs, stored, signal);
  return { mediaType, digest, size, artifactType, annotations };
}

function nextPage(artifactType: string, last: string | undefined): string | undefined {
  if (last === undefined) return undefined;
  const filter = artifactType === '' ? '' : `artifactType=${encodeURIComponent(artifactType)}&`;
  return `${filter}last=${encodeURIComponent(last)}`;
}
