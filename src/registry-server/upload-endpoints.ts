import type { Digest } from '../oci/digest.ts';
import { emptyAnswer } from './answer.ts';
import type { Answer } from './answer.ts';
import type { ApiCall, PushSide } from './api-call.ts';
import { ApiError, refusal } from './api-error.ts';
import { parseChunkRange } from './chunk-range.ts';
import { isRepositoryName, pushedDigest } from './name-grammar.ts';
import { contentLength, requestBody } from './request-body.ts';
import type { StagedUpload } from './staged-upload.ts';

/**
 * POST to `blobs/uploads/`: mounts a blob, takes one whole, or begins an upload (distribution-spec 1.1, "Pushing blobs",
 * end-4a, end-4b, end-11).
 */
export async function beginUpload(call: ApiCall, push: PushSide): Promise<Answer> {
  const { query, repository } = call;
  const mounted = optionalDigest(query, 'mount');
  if (mounted !== undefined && (await canMount(call, mounted))) {
    await push.repositories.addBlob(repository, mounted);
    return blobCreated(repository, mounted);
  }
  const digest = optionalDigest(query, 'digest');
  const upload = await push.uploads.begin(repository);
  if (digest === undefined) return uploadAnswer(202, upload);
  return await push.uploads.use({ repository, id: upload.id }, async () => {
    try {
      await receiveChunk(call, upload);
      return await finishUpload(call, push, { upload, digest });
    } finally {
      // The client was never told of the upload: nobody could go on with it.
      await push.uploads.end(upload);
    }
  });
}

/** GET of an upload: how far it is ("Pushing a blob in chunks", end-13). */
export async function showUpload(call: ApiCall, { uploads }: PushSide): Promise<Answer> {
  return await uploads.use(
    uploadName(call),
    async (upload) => await Promise.resolve(uploadAnswer(204, upload)),
  );
}

/** PATCH: takes a chunk, or a stream without ranges ("Pushing a blob in chunks", end-5). */
export async function patchUpload(call: ApiCall, { uploads }: PushSide): Promise<Answer> {
  return await uploads.use(uploadName(call), async (upload) => {
    await receiveChunk(call, upload);
    return uploadAnswer(202, upload);
  });
}

/** PUT: takes the last chunk, if any, and makes the upload a blob ("Pushing blobs", end-6). */
export async function putUpload(call: ApiCall, push: PushSide): Promise<Answer> {
  const digest = pushedDigest(call.query.get('digest'));
  return await push.uploads.use(uploadName(call), async (upload) => {
    await receiveChunk(call, upload);
    try {
      return await finishUpload(call, push, { upload, digest });
    } finally {
      // Whatever came of it: bytes that are something else do not become right by a further chunk.
      await push.uploads.end(upload);
    }
  });
}

/** DELETE: gives an upload up ("Cancel a blob upload", end-14). */
export async function cancelUpload(call: ApiCall, { uploads }: PushSide): Promise<Answer> {
  return await uploads.use(uploadName(call), async (upload) => {
    await uploads.end(upload);
    return emptyAnswer(204, {});
  });
}

function optionalDigest(query: URLSearchParams, name: string): Digest | undefined {
  return query.has(name) ? pushedDigest(query.get(name)) : undefined;
}

function uploadName({ repository, reference }: ApiCall): {
  readonly repository: string;
  readonly id: string;
} {
  return { repository, id: reference };
}

async function receiveChunk({ request, limits }: ApiCall, upload: StagedUpload): Promise<void> {
  const length = expectedLength(request.headers['content-range'], contentLength(request), upload);
  if (length === 0) return;
  await upload.append(requestBody(request, limits.maximumBlobSize - upload.size), length);
}

interface CompleteUpload {
  readonly upload: StagedUpload;
  /** What the client says it is. */
  readonly digest: Digest;
}

/**
 * Makes an upload a blob of its repository. The digest is that of the bytes that came, even when the blob is here already:
 * by naming a digest, without its bytes, nobody gets a blob of a repository that is not theirs.
 */
async function finishUpload(
  { repository, request, signal }: ApiCall,
  { blobs, repositories }: PushSide,
  { upload, digest }: CompleteUpload,
): Promise<Answer> {
  if (upload.digest !== digest)
    throw refusal(400, 'DIGEST_INVALID', `the uploaded bytes have the digest ${upload.digest}`);
  // Nothing is sent or received meanwhile, which is no silence of the client. Node sets it again for the next request.
  request.setTimeout(0);
  await blobs.ingest({ digest, size: upload.size }, upload.read(signal), signal);
  await repositories.addBlob(repository, digest);
  return blobCreated(repository, digest);
}

/** @throws ApiError 416 for a chunk that is not the next one */
function expectedLength(
  header: string | undefined,
  length: number | undefined,
  upload: StagedUpload,
): number | undefined {
  if (header === undefined) return length;
  const range = parseChunkRange(header);
  if (range === undefined) throw refusal(400, 'BLOB_UPLOAD_INVALID', 'expected a Content-Range like 0-99');
  if (range.start !== upload.size) {
    const message = `expected the chunk that begins at byte ${upload.size}`;
    throw new ApiError(416, [{ code: 'BLOB_UPLOAD_INVALID', message }], uploadHeaders(upload));
  }
  if (length !== undefined && length !== range.length)
    throw refusal(400, 'SIZE_INVALID', 'Content-Range and Content-Length do not fit together');
  return range.length;
}

/** Without `from` nothing is mounted: whoever knows a digest could get at the blob of a repository that is not theirs. */
async function canMount({ content, query }: ApiCall, digest: Digest): Promise<boolean> {
  const from = query.get('from') ?? '';
  return isRepositoryName(from) && (await content.repositories.hasBlob(from, digest));
}

function blobCreated(repository: string, digest: Digest): Answer {
  return emptyAnswer(201, {
    location: `/v2/${repository}/blobs/${digest}`,
    'docker-content-digest': digest,
  });
}

function uploadAnswer(status: number, upload: StagedUpload): Answer {
  return emptyAnswer(status, uploadHeaders(upload));
}

/** `0-0` is said of no bytes, too: the specification has no way to say it, and this is what registries send. */
function uploadHeaders({ id, repository, size }: StagedUpload): Record<string, string> {
  return {
    location: `/v2/${repository}/blobs/uploads/${id}`,
    range: `0-${Math.max(0, size - 1)}`,
    'docker-upload-uuid': id,
  };
}
