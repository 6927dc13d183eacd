import type { Descriptor } from '../oci/descriptor.ts';
import { emptyAnswer } from './answer.ts';
import type { Answer } from './answer.ts';
import type { ApiCall, PushSide } from './api-call.ts';
import { refusal } from './api-error.ts';
import type { ApiError } from './api-error.ts';
import { parseByteRange } from './byte-range.ts';
import { contentAnswer, entityTag, noSuchPartAnswer, partAnswer } from './content-answer.ts';
import { soughtDigest } from './name-grammar.ts';

/** Serves a blob, whole or one range of it (distribution-spec 1.1, "Pulling blobs", end-2). */
export async function serveBlob(call: ApiCall): Promise<Answer> {
  const blob = await findBlob(call);
  const answer = contentAnswer(call, blob);
  if (answer.status !== 200) return answer;
  const range = askedRange(call, blob);
  if (range === 'unsatisfiable') return noSuchPartAnswer(blob);
  if (range !== undefined) return partAnswer(call, blob, range);
  return { ...answer, headers: { ...answer.headers, 'accept-ranges': 'bytes' } };
}

/** Takes a blob out of a repository (distribution-spec 1.1, "Deleting Blobs", end-10). Its bytes stay. */
export async function deleteBlob(call: ApiCall, push: PushSide): Promise<Answer> {
  const digest = soughtDigest(call.reference);
  const isRemoved = digest !== undefined && (await push.repositories.removeBlob(call.repository, digest));
  if (!isRemoved) throw unknownBlob();
  return emptyAnswer(202, {});
}

async function findBlob({ content, repository, reference, signal }: ApiCall): Promise<Descriptor> {
  const digest = soughtDigest(reference);
  if (digest === undefined || !(await content.repositories.hasBlob(repository, digest))) throw unknownBlob();
  const size = await content.blobs.sizeOf(digest, signal);
  if (size === undefined) throw unknownBlob();
  return { digest, size, mediaType: 'application/octet-stream' };
}

/** RFC 9110, 14.2: only GET has ranges. 13.1.5: If-Range asks for all of it unless it names what is here. */
function askedRange({ request }: ApiCall, { digest, size }: Descriptor): ReturnType<typeof parseByteRange> {
  const { range, 'if-range': condition } = request.headers;
  const isAsked = request.method === 'GET' && (condition === undefined || condition === entityTag(digest));
  return isAsked ? parseByteRange(range, size) : undefined;
}

function unknownBlob(): ApiError {
  return refusal(404, 'BLOB_UNKNOWN', 'the repository has no such blob');
}
