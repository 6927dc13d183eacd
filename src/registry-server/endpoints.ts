import { jsonAnswer } from './answer.ts';
import type { Answer } from './answer.ts';
import type { ApiCall, PushEndpoint, PushSide, ReadEndpoint } from './api-call.ts';
import { ApiError, refusal } from './api-error.ts';
import { listReferrers } from './list-referrers.ts';
import { listRepositories, listTags } from './list-names.ts';
import { isRepositoryName } from './name-grammar.ts';
import { putManifest } from './put-manifest.ts';
import { deleteBlob, serveBlob } from './serve-blob.ts';
import { deleteManifest, serveManifest } from './serve-manifest.ts';
import { beginUpload, cancelUpload, patchUpload, putUpload, showUpload } from './upload-endpoints.ts';

interface Endpoint {
  /** The path behind `/v2/`; its groups are the repository and the last part. */
  readonly path: RegExp;
  readonly read?: ReadEndpoint;
  readonly push?: Readonly<Partial<Record<string, PushEndpoint>>>;
}

/**
 * The API (distribution-spec 1.1, "Endpoints"). A repository may be called `a/blobs/uploads/b`: groups are greedy, so the
 * last words of the path that fit decide, and the first row that fits.
 */
const endpoints: readonly Endpoint[] = [
  { path: /^$/, read: () => jsonAnswer(200, {}) },
  { path: /^_catalog$/, read: listRepositories },
  { path: /^(.+)\/tags\/list$/, read: listTags },
  {
    path: /^(.+)\/manifests\/([^/]+)$/,
    read: serveManifest,
    push: { PUT: putManifest, DELETE: deleteManifest },
  },
  { path: /^(.+)\/referrers\/([^/]+)$/, read: listReferrers },
  { path: /^(.+)\/blobs\/uploads\/?$/, push: { POST: beginUpload } },
  {
    path: /^(.+)\/blobs\/uploads\/([^/]+)$/,
    push: { GET: showUpload, PATCH: patchUpload, PUT: putUpload, DELETE: cancelUpload },
  },
  { path: /^(.+)\/blobs\/([^/]+)$/, read: serveBlob, push: { DELETE: deleteBlob } },
];

/**
 * Finds the endpoint of a path and runs it.
 *
 * @param path decoded, with its leading slash
 * @param push undefined for a registry that is read-only
 * @throws ApiError 404 for a path without endpoint, 400 `NAME_INVALID`, 405 `UNSUPPORTED`, and those of the endpoint
 */
export async function runEndpoint(
  path: string,
  call: Omit<ApiCall, 'repository' | 'reference'>,
  push: PushSide | undefined,
): Promise<Answer> {
  const { endpoint, repository, reference } = findEndpoint(path);
  if (repository !== undefined && !isRepositoryName(repository))
    throw refusal(400, 'NAME_INVALID', 'expected a repository name: lower-case letters, digits and / . _ -');
  const { method = '' } = call.request;
  const fullCall = { ...call, repository: repository ?? '', reference };
  if (endpoint.read !== undefined && readMethods.includes(method)) return await endpoint.read(fullCall);
  const run = endpoint.push?.[method];
  if (run !== undefined && push !== undefined) return await run(fullCall, push);
  throw methodNotAllowed(endpoint, push);
}

const readMethods: readonly string[] = ['GET', 'HEAD'];

interface FoundEndpoint {
  readonly endpoint: Endpoint;
  readonly repository: string | undefined;
  readonly reference: string;
}

function findEndpoint(path: string): FoundEndpoint {
  const inApi = /^\/v2(?:\/(.*))?$/s.exec(path);
  for (const endpoint of inApi === null ? [] : endpoints) {
    const match = endpoint.path.exec(inApi?.[1] ?? '');
    if (match !== null) return { endpoint, repository: match[1], reference: match[2] ?? '' };
  }
  throw refusal(404, 'UNSUPPORTED', 'there is no such endpoint');
}

function methodNotAllowed(endpoint: Endpoint, push: PushSide | undefined): ApiError {
  const allowed = [
    ...(endpoint.read === undefined ? [] : readMethods),
    ...(push === undefined ? [] : Object.keys(endpoint.push ?? {})),
  ];
  const message = push === undefined ? 'the registry is read-only' : 'the method has no meaning here';
  return new ApiError(405, [{ code: 'UNSUPPORTED', message }], { allow: allowed.join(', ') });
}
