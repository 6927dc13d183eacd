import { PaletteEdgeError } from '../errors.ts';
import type { HttpResponse } from '../http/http-response.ts';
import { HttpStatusError } from '../http/http-status-error.ts';
import { isConnectionFailure, isThrottling } from '../http/retry-policy.ts';
import type { StreamedBody } from '../http/sent-body.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import { isDigest } from '../oci/digest.ts';
import { formatRepository } from '../oci/reference.ts';
import { digestMismatch } from '../oci/verified-content.ts';
import type { RegistryRequest, RegistryTransport } from './registry-transport.ts';
import type { RepositoryName } from './repository-name.ts';
import { endOfUpload, receivedBytes, uploadLocation } from './upload-location.ts';

/** A blob on its way to a repository. */
export interface UploadTarget {
  readonly transport: RegistryTransport;
  readonly repository: RepositoryName;
  readonly blob: BlobIdentity;
  readonly signal?: AbortSignal | undefined;
}

/** An upload that a registry has begun. */
export interface UploadSession {
  readonly location: URL;
  /** Bytes that the registry has. */
  readonly offset: number;
  /** The smallest chunk that it takes, in bytes. */
  readonly leastChunk: number;
}

/** What is uploaded, for messages. */
export function uploadSubject({ blob, repository }: Pick<UploadTarget, 'blob' | 'repository'>): string {
  return `blob ${blob.digest} to ${formatRepository(repository)}`;
}

/**
 * Begins an upload (distribution-spec 1.1, end-4a), or mounts the blob from another repository (end-11). Never mounts without
 * naming one: Quay fails on it.
 *
 * @returns undefined when the blob was mounted
 * @throws PaletteEdgeError `REPOSITORY_NOT_FOUND`, `ACCESS_DENIED`, `UPLOAD_INVALID`, or kind network
 */
export async function beginUpload(
  target: UploadTarget,
  mountFrom: string | undefined,
): Promise<UploadSession | undefined> {
  const { blob, transport } = target;
  const query = mountFrom === undefined ? '' : `?mount=${blob.digest}&from=${encodeURIComponent(mountFrom)}`;
  const response = await transport.send({
    ...requestFor(target),
    method: 'POST',
    path: `blobs/uploads/${query}`,
    mountFrom,
    expected: mountFrom === undefined ? [202] : [201, 202],
    notFoundCode: 'REPOSITORY_NOT_FOUND',
  });
  await response.discard();
  if (response.status === 201) {
    checkDigest(target, response);
    return undefined;
  }
  const { headers } = response;
  const least = /^[0-9]{1,12}$/.exec(headers['oci-chunk-min-length'] ?? '')?.[0];
  return {
    location: uploadLocation(response, undefined, uploadSubject(target)),
    offset: 0,
    leastChunk: Number(least ?? 0),
  };
}

/**
 * Sends a part of the blob (end-5).
 *
 * @param range where it begins and ends, the end exclusive
 * @throws PaletteEdgeError `UPLOAD_LOST` (kind network) when the registry does not know the upload any more, or is elsewhere in it
 */
export async function sendChunk(
  target: UploadTarget,
  session: UploadSession,
  { start, end, body }: { readonly start: number; readonly end: number; readonly body: StreamedBody },
): Promise<UploadSession> {
  const response = await sendToUpload(target, {
    method: 'PATCH',
    location: session.location,
    headers: { ...octets, 'content-range': `${start}-${end - 1}` },
    body,
    // 201 is what ECR answers.
    expected: [201, 202, 204],
  });
  await response.discard();
  const received = receivedBytes(response.headers);
  if (received !== undefined && received !== end)
    throw uploadLost(target, `it has ${received} bytes of ${end}`);
  return {
    ...session,
    location: uploadLocation(response, session.location, uploadSubject(target)),
    offset: end,
  };
}

/**
 * Ends an upload, with the whole blob or with nothing more (end-6).
 *
 * @throws PaletteEdgeError as {@link sendChunk}, and `DIGEST_MISMATCH` (kind content) when the registry names another digest
 */
export async function endUpload(
  target: UploadTarget,
  session: UploadSession,
  body: StreamedBody | undefined,
): Promise<void> {
  const response = await sendToUpload(target, {
    method: 'PUT',
    location: endOfUpload(session.location, target.blob.digest),
    headers: octets,
    body,
    expected: [201, 204],
  });
  await response.discard();
  checkDigest(target, response);
}

/**
 * Asks how far an upload is (end-13).
 *
 * @returns undefined when it is lost, or the registry does not say
 */
export async function askUpload(
  target: UploadTarget,
  session: UploadSession,
): Promise<UploadSession | undefined> {
  const response = await sendToUpload(target, {
    method: 'GET',
    location: session.location,
    expected: [200, 202, 204],
  });
  await response.discard();
  const offset = receivedBytes(response.headers);
  if (offset === undefined || offset > target.blob.size) return undefined;
  const location = uploadLocation(response, session.location, uploadSubject(target));
  return { ...session, location, offset };
}

/**
 * Whether the blob is in the repository (end-2): what became of an upload whose end was not answered.
 *
 * @returns false where the registry does not say
 * @throws PaletteEdgeError kind network when it cannot be reached, or wants to be left alone
 */
export async function isUploaded(target: UploadTarget): Promise<boolean> {
  const { blob, transport } = target;
  try {
    const response = await transport.send({
      ...requestFor(target),
      method: 'HEAD',
      path: `blobs/${blob.digest}`,
      expected: [200],
      notFoundCode: 'BLOB_NOT_FOUND',
    });
    await response.discard();
    const size = response.headers['content-length'];
    return size === undefined || Number(size) === blob.size;
  } catch (error) {
    if (!(error instanceof PaletteEdgeError) || isConnectionFailure(error) || isThrottling(error))
      throw error;
    return false;
  }
}

const octets = { 'content-type': 'application/octet-stream' };

async function sendToUpload(
  target: UploadTarget,
  request: Pick<RegistryRequest, 'method' | 'location' | 'headers' | 'body' | 'expected'>,
): Promise<HttpResponse> {
  try {
    const common = { ...requestFor(target), path: '', notFoundCode: 'UPLOAD_NOT_FOUND' as const };
    return await target.transport.send({ ...common, ...request });
  } catch (error) {
    const status = error instanceof Error && error.cause instanceof HttpStatusError ? error.cause.status : 0;
    if (status !== 404 && status !== 416) throw error;
    throw uploadLost(target, `the registry answered ${status}`, error);
  }
}

function requestFor(target: UploadTarget): Pick<RegistryRequest, 'repository' | 'subject' | 'signal'> {
  const { repository, signal } = target;
  return { repository, subject: uploadSubject(target), signal };
}

/** The error for an upload that cannot be gone on with now: it is asked for again, or begun anew. */
export function uploadLost(target: UploadTarget, reason: string, cause?: unknown): PaletteEdgeError {
  const message = `${uploadSubject(target)}: the upload was lost: ${reason}`;
  return new PaletteEdgeError('UPLOAD_LOST', message, { kind: 'network', cause });
}

/** The error for a body that no smaller one can take the place of. */
export function bodyRefused(target: UploadTarget, bytes: number, cause: unknown): PaletteEdgeError {
  const message = `${uploadSubject(target)}: a body of ${bytes} bytes is refused as too large (413)`;
  return new PaletteEdgeError('BODY_REFUSED', message, {
    kind: 'network',
    cause,
    suggestions: [
      'Raise the limit of the proxy before the registry: client_max_body_size of nginx, proxy-body-size of its ingress.',
    ],
  });
}

/** The header is optional, and may name a digest of another algorithm. */
function checkDigest({ blob, repository }: UploadTarget, { headers }: HttpResponse): void {
  const told = headers['docker-content-digest'];
  if (told !== undefined && isDigest(told) && told !== blob.digest)
    throw digestMismatch(blob, told, `writing to ${formatRepository(repository)}`);
}
