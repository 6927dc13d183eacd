import { PaletteEdgeError } from '../errors.ts';
import type { HttpResponse } from '../http/http-response.ts';
import { isRecord } from '../io/is-record.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { maximumManifestSize, parseManifest } from '../oci/manifest.ts';
import { mediaTypes } from '../oci/media-types.ts';
import { formatReference } from '../oci/reference.ts';
import { acceptManifests, descriptorOfHead, readManifest } from './manifest-answer.ts';
import type { ManifestTarget } from './manifest-answer.ts';
import { nextPageQuery } from './next-page.ts';
import type { RegistryRequest } from './registry-transport.ts';
import type { RepositoryName } from './repository-name.ts';
import { allRoutesFailed, routeFailure } from './route-failures.ts';
import type { RouteFailure } from './route-failures.ts';

/** Sends a request in the registry's limits, with retries, and reads its answer. */
export type AskRegistry = <T>(
  request: RegistryRequest,
  read: (response: HttpResponse) => Promise<T>,
) => Promise<T>;

/** The manifests that name another one as their subject. */
export interface Referrers {
  /** In the order of the registry, each once; at most {@link maximumReferrers}. */
  readonly manifests: readonly Descriptor[];
  /** Whether there are more. */
  readonly isCut: boolean;
}

/** Referrers of one manifest that are read; nobody has that many signatures. */
export const maximumReferrers = 100;

/** A registry may give one at a time, but not pages without end. */
const maximumPages = 200;

/** How and where to ask: mirrors first, the registry itself last. */
export interface AskedPlaces {
  readonly ask: AskRegistry;
  readonly routes: readonly RepositoryName[];
}

/**
 * Asks for the referrers of a manifest (distribution-spec 1.1, end-12a), page after page. A mirror that lists none is no
 * authority: it may hold only what was pulled through it.
 *
 * @returns undefined when the registry does not have this API
 * @throws PaletteEdgeError when it has, and does not say: kind authentication, network or content
 */
export async function listReferrers(
  places: AskedPlaces,
  { subject, signal }: { readonly subject: Digest; readonly signal?: AbortSignal },
): Promise<Referrers | undefined> {
  return await firstFound(places, signal, async (route) => {
    const list = await listAt(places.ask, route, { subject, signal });
    return list?.manifests.length === 0 && route.mirror !== undefined ? undefined : list;
  });
}

/**
 * Asks what a tag stands for that need not be there. HEAD, which registries do not count; GET only for a tag that is there
 * and of which HEAD does not tell enough.
 *
 * @returns undefined when there is no such tag
 * @throws PaletteEdgeError kind authentication, network or content
 */
export async function findTag(
  places: AskedPlaces,
  { tag, signal }: { readonly tag: string; readonly signal?: AbortSignal },
): Promise<Descriptor | undefined> {
  return await firstFound(places, signal, async (route) => {
    const request = tagRequest(route, { tag, signal });
    const head: RegistryRequest = { ...request, method: 'HEAD' };
    const found = await places
      .ask(head, async (response) => await readHead(response, head))
      .catch(unlessRefused);
    if (found === 'missing') return undefined;
    return (
      found ??
      (await places.ask(request, async (response) => await readTag(response, { tag }, request.subject)))
    );
  });
}

/** Asks one place after the other until one has it. What a mirror fails to say is not missed once the registry answers. */
async function firstFound<T>(
  { routes }: AskedPlaces,
  signal: AbortSignal | undefined,
  ask: (route: RepositoryName) => Promise<T | undefined>,
): Promise<T | undefined> {
  const failures: RouteFailure[] = [];
  for (const route of routes) {
    try {
      const found = await ask(route);
      if (found !== undefined) return found;
    } catch (error) {
      failures.push(routeFailure(route, error, signal));
    }
  }
  if (failures.some(({ route }) => route.mirror === undefined)) throw allRoutesFailed(failures);
  return undefined;
}

async function listAt(
  ask: AskRegistry,
  route: RepositoryName,
  { subject, signal }: { readonly subject: Digest; readonly signal: AbortSignal | undefined },
): Promise<Referrers | undefined> {
  const found = new Map<Digest, Descriptor>();
  let query: string | undefined = '';
  for (let pages = 0; query !== undefined && pages < maximumPages; pages += 1) {
    const request = referrersRequest(route, { subject, signal, query });
    const page: Page | undefined = await ask(
      request,
      async (response) => await readPage(response, request),
    ).catch(unlessUnknown);
    if (page === undefined) {
      if (pages === 0) return undefined;
      throw brokenList(request, 'its next page is no image index');
    }
    for (const manifest of page.manifests) found.set(manifest.digest, manifest);
    query = page.next;
    if (found.size > maximumReferrers) break;
  }
  return {
    manifests: [...found.values()].slice(0, maximumReferrers),
    isCut: query !== undefined || found.size > maximumReferrers,
  };
}

function tagRequest(
  { registry, repository, mirror }: RepositoryName,
  { tag, signal }: { readonly tag: string; readonly signal: AbortSignal | undefined },
): RegistryRequest {
  return {
    repository: { registry, repository, mirror },
    method: 'GET',
    path: `manifests/${tag}`,
    headers: { accept: acceptManifests },
    expected: [200, 404],
    subject: formatReference({ registry, repository, tag }),
    notFoundCode: 'IMAGE_NOT_FOUND',
    signal,
  };
}

async function readHead(
  response: HttpResponse,
  { subject }: RegistryRequest,
): Promise<Descriptor | 'missing' | undefined> {
  await response.discard();
  return response.status === 404 ? 'missing' : descriptorOfHead(response, undefined, subject);
}

async function readTag(
  response: HttpResponse,
  target: ManifestTarget,
  subject: string,
): Promise<Descriptor | undefined> {
  if (response.status === 200) return (await readManifest(response, target, subject)).descriptor;
  await response.discard();
  return undefined;
}

/**
 * Without the API a registry answers 404 (distribution-spec 1.1, "Listing Referrers"), but Quay says 400, and others that they do
 * not know the method or the media type. 400 may also be about a token (ECR Public): only after a new one it is this.
 */
function unlessUnknown(error: unknown): undefined {
  if (!(error instanceof PaletteEdgeError) || error.code !== 'UNEXPECTED_STATUS') throw error;
}

/** Some proxies refuse HEAD altogether: what GET answers is final. */
function unlessRefused(error: unknown): undefined {
  const isRefusal =
    error instanceof PaletteEdgeError &&
    ['ACCESS_DENIED', 'UNEXPECTED_STATUS', 'STORAGE_REFUSED'].includes(error.code);
  if (!isRefusal) throw error;
}

interface Page {
  readonly manifests: readonly Descriptor[];
  /** The query of the next page; undefined when this one is the last. */
  readonly next: string | undefined;
}

interface ReferrersQuestion {
  readonly subject: Digest;
  readonly signal: AbortSignal | undefined;
  /** With its `?`; empty for the first page. */
  readonly query: string;
}

function referrersRequest(
  { registry, repository, mirror }: RepositoryName,
  { subject, signal, query }: ReferrersQuestion,
): RegistryRequest {
  return {
    repository: { registry, repository, mirror },
    method: 'GET',
    path: `referrers/${subject}${query}`,
    headers: { accept: mediaTypes.ociIndex },
    expected: [200, 404, 501],
    // GHCR leads to a page of github.com, which then says 404 or 429: no answer of a registry.
    isAnswer: ({ url }) => !url.pathname.replaceAll(/%3a/gi, ':').endsWith(`/referrers/${subject}`),
    subject: `referrers of ${formatReference({ registry, repository, digest: subject })}`,
    notFoundCode: 'IMAGE_NOT_FOUND',
    signal,
  };
}

/** @returns undefined when it is no image index: some servers answer a web page to what they do not know */
async function readPage(response: HttpResponse, request: RegistryRequest): Promise<Page | undefined> {
  if (response.status !== 200 || request.isAnswer?.(response) === true) {
    await response.discard();
    return undefined;
  }
  const bytes = await response.readBytes(maximumManifestSize);
  if (!isIndexDocument(bytes)) return undefined;
  const manifest = parseManifest(bytes, mediaTypes.ociIndex, request.subject);
  if (manifest.kind !== 'index') return undefined;
  return {
    manifests: manifest.manifests,
    next: nextPageQuery(response.headers['link'], request.path, (reason) => brokenList(request, reason)),
  };
}

function isIndexDocument(bytes: Uint8Array): boolean {
  try {
    const document: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    return isRecord(document) && Array.isArray(document['manifests']);
  } catch {
    return false;
  }
}

function brokenList({ subject }: RegistryRequest, reason: string): PaletteEdgeError {
  return new PaletteEdgeError('REFERRERS_INVALID', `${subject}: ${reason}`, { kind: 'content' });
}
