import type { HttpResponse } from '../http/http-response.ts';
import { withRetry } from '../http/retry-budget.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { isDigest } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import { formatReference, formatRepository } from '../oci/reference.ts';
import { digestMismatch } from '../oci/verified-content.ts';
import { acceptManifests, descriptorOfHead, readManifest } from './manifest-answer.ts';
import type { ManifestTarget } from './manifest-answer.ts';
import type { RegistryRequest, RegistryTransport } from './registry-transport.ts';
import type { RepositoryName } from './repository-name.ts';

/** A manifest of a repository. */
export interface ManifestPlace {
  readonly transport: RegistryTransport;
  readonly repository: RepositoryName;
  /** The tag or the digest that it is asked for by. */
  readonly target: ManifestTarget;
  readonly signal?: AbortSignal | undefined;
}

/** A manifest as it is, byte by byte. */
export interface ManifestToPut {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

/** What a registry said to a manifest. */
export interface PutReport {
  /** Whether it took note of the subject: then it lists the manifest among the referrers of that by itself. */
  readonly hasTakenSubject: boolean;
}

/**
 * Puts a manifest into a repository, by tag or by digest (distribution-spec 1.1, end-7), and makes sure that it is there.
 *
 * @throws PaletteEdgeError `DIGEST_MISMATCH` (kind content) when the registry has made another one of it, `ACCESS_DENIED`,
 *   `REPOSITORY_NOT_FOUND`, `UNEXPECTED_STATUS` for a manifest that is refused, or kind network
 */
export async function putManifest(place: ManifestPlace, manifest: ManifestToPut): Promise<PutReport> {
  const { descriptor, bytes } = manifest;
  const request: RegistryRequest = {
    ...manifestRequest(place),
    method: 'PUT',
    headers: { 'content-type': descriptor.mediaType },
    body: bytes,
    expected: [200, 201, 202, 204],
    notFoundCode: 'REPOSITORY_NOT_FOUND',
  };
  return await run(place, request, async (response) => {
    await response.discard();
    const told = response.headers['docker-content-digest'];
    const digest = told !== undefined && isDigest(told) ? told : await readBack(place);
    if (digest !== descriptor.digest)
      throw digestMismatch(
        descriptor,
        digest ?? 'nothing',
        `writing to ${formatRepository(place.repository)}`,
      );
    return { hasTakenSubject: response.headers['oci-subject'] !== undefined };
  });
}

/**
 * Asks which manifest is there. HEAD; GET when that does not tell.
 *
 * @returns undefined when there is none
 * @throws PaletteEdgeError `ACCESS_DENIED`, or kind network or content
 */
export async function findManifest(place: ManifestPlace): Promise<Digest | undefined> {
  const request = { ...manifestRequest(place), method: 'HEAD' as const };
  return await run(place, request, async (response) => await digestOfHead(place, response));
}

async function readBack(place: ManifestPlace): Promise<Digest | undefined> {
  const { transport } = place;
  return await digestOfHead(place, await transport.send({ ...manifestRequest(place), method: 'HEAD' }));
}

async function digestOfHead(place: ManifestPlace, response: HttpResponse): Promise<Digest | undefined> {
  await response.discard();
  if (response.status === 404) return undefined;
  const { transport, target } = place;
  const request = manifestRequest(place);
  const wanted = 'digest' in target ? target.digest : undefined;
  const told = response.status === 200 ? descriptorOfHead(response, wanted, request.subject) : undefined;
  if (told !== undefined) return told.digest;
  const answer = await transport.send(request);
  if (answer.status === 200) return (await readManifest(answer, target, request.subject)).descriptor.digest;
  await answer.discard();
  return undefined;
}

async function run<T>(
  { transport, repository, signal }: ManifestPlace,
  request: RegistryRequest,
  read: (response: HttpResponse) => Promise<T>,
): Promise<T> {
  const release = await transport.acquire(repository, signal);
  try {
    const budget = transport.budget(repository, request.subject, signal);
    return await withRetry(async () => await read(await transport.send(request)), budget);
  } finally {
    release();
  }
}

function manifestRequest({ repository, target, signal }: ManifestPlace): RegistryRequest {
  const reference = 'digest' in target ? { digest: target.digest } : target;
  const { registry, repository: name } = repository;
  return {
    repository,
    method: 'GET',
    path: `manifests/${'digest' in target ? target.digest : target.tag}`,
    headers: { accept: acceptManifests },
    // Some proxies do not know HEAD.
    expected: [200, 404, 405, 501],
    subject: formatReference({ registry, repository: name, ...reference }),
    notFoundCode: 'IMAGE_NOT_FOUND',
    signal,
  };
}
