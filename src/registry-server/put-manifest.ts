import { PaletteEdgeError } from '../errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { digestOf } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import { maximumManifestSize } from '../oci/manifest.ts';
import { onePiece } from '../oci/one-piece.ts';
import { emptyAnswer } from './answer.ts';
import type { Answer } from './answer.ts';
import type { ApiCall, PushSide } from './api-call.ts';
import { ApiError, refusal } from './api-error.ts';
import { readManifestFields } from './manifest-fields.ts';
import type { ManifestFields } from './manifest-fields.ts';
import { missingReferences } from './missing-references.ts';
import { isTag, pushedDigest } from './name-grammar.ts';
import { requestBody } from './request-body.ts';

/** Missing references that are told of by name. */
const maximumToldMissing = 20;

/** Takes a manifest, by tag or digest (distribution-spec 1.1, "Pushing Manifests", end-7). */
export async function putManifest(call: ApiCall, push: PushSide): Promise<Answer> {
  const { content, repository, request, signal } = call;
  const { acceptSparseIndexes, repositories, blobs } = push;
  const name = pushedName(call.reference);
  const bytes = await readAll(requestBody(request, maximumManifestSize));
  const blob = { digest: digestOf(bytes), size: bytes.length };
  if (name.digest !== undefined && name.digest !== blob.digest)
    throw refusal(400, 'DIGEST_INVALID', `the manifest has the digest ${blob.digest}`);
  const { manifest, subject } = parsePushed(bytes, request.headers['content-type']);
  const place = { repositories: content.repositories, repository, acceptSparseIndexes };
  const missing = await missingReferences(manifest, place);
  if (missing.length > 0) throw missingError(missing);
  await blobs.ingest(blob, onePiece(bytes), signal);
  await repositories.putManifest(repository, { ...blob, mediaType: manifest.mediaType, subject }, name.tag);
  return emptyAnswer(201, {
    location: `/v2/${repository}/manifests/${blob.digest}`,
    'docker-content-digest': blob.digest,
    // Tells clients not to keep a list of referrers themselves ("Pushing Manifests with Subject").
    ...(subject === undefined ? {} : { 'oci-subject': subject }),
  });
}

/** What the manifest is pushed as: a tag has no colon, and a digest has one. */
function pushedName(reference: string): { readonly digest?: Digest; readonly tag?: string } {
  if (reference.includes(':')) return { digest: pushedDigest(reference) };
  if (isTag(reference)) return { tag: reference };
  throw refusal(400, 'MANIFEST_INVALID', 'expected a tag: up to 128 letters, digits and _ . -');
}

function parsePushed(bytes: Uint8Array, header: string | undefined): ManifestFields {
  const fields = parse(bytes, header);
  const { mediaType } = fields.manifest;
  // A type in the header that differs from the document's own is how one digest gets two meanings (CVE-2021-41190).
  const declared = header?.split(';')[0]?.trim() ?? mediaType;
  if (declared === mediaType) return fields;
  throw refusal(400, 'MANIFEST_INVALID', `expected the Content-Type to be the media type: ${mediaType}`);
}

function parse(bytes: Uint8Array, header: string | undefined): ManifestFields {
  try {
    return readManifestFields(bytes, header);
  } catch (error) {
    if (!(error instanceof PaletteEdgeError)) throw error;
    throw refusal(400, 'MANIFEST_INVALID', error.message);
  }
}

function missingError(missing: readonly Descriptor[]): ApiError {
  const told = missing.slice(0, maximumToldMissing);
  return new ApiError(
    400,
    told.map(({ digest }) => ({
      code: 'MANIFEST_BLOB_UNKNOWN',
      message: `${digest} is not in the repository`,
    })),
  );
}

async function readAll(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const bytes of content) pieces.push(bytes);
  return Buffer.concat(pieces);
}
