import { emptyAnswer } from './answer.ts';
import type { Answer } from './answer.ts';
import type { ApiCall, PushSide } from './api-call.ts';
import { refusal } from './api-error.ts';
import type { ApiError } from './api-error.ts';
import { contentAnswer } from './content-answer.ts';
import { soughtDigest } from './name-grammar.ts';
import type { StoredManifest } from './registry-content.ts';

/**
 * Serves a manifest with the media type it was pushed with (distribution-spec 1.1, "Pulling manifests", end-3). What
 * the client accepts is not looked at: other bytes would have another digest, and registries that refused (406, 404)
 * or converted broke clients.
 */
export async function serveManifest(call: ApiCall): Promise<Answer> {
  const manifest = await findManifest(call);
  if (manifest === undefined) throw unknownManifest();
  return contentAnswer(call, manifest);
}

/** Removes a tag, or a manifest with its tags (distribution-spec 1.1, "Deleting tags", "Deleting Manifests", end-9). */
export async function deleteManifest(call: ApiCall, { repositories }: PushSide): Promise<Answer> {
  const { repository, reference } = call;
  const isRemoved = reference.includes(':')
    ? await removeByDigest(call, repositories)
    : await repositories.removeTag(repository, reference);
  if (!isRemoved) throw unknownManifest();
  return emptyAnswer(202, {});
}

async function removeByDigest(
  { repository, reference }: ApiCall,
  repositories: PushSide['repositories'],
): Promise<boolean> {
  const digest = soughtDigest(reference);
  return digest !== undefined && (await repositories.removeManifest(repository, digest));
}

/** A tag has no colon, and a digest has one. */
async function findManifest({
  content: { repositories },
  repository,
  reference,
}: ApiCall): Promise<StoredManifest | undefined> {
  if (!reference.includes(':')) return await repositories.findTag(repository, reference);
  const digest = soughtDigest(reference);
  return digest === undefined ? undefined : await repositories.findManifest(repository, digest);
}

function unknownManifest(): ApiError {
  return refusal(404, 'MANIFEST_UNKNOWN', 'the repository has no such manifest');
}
