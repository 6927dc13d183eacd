import { PaletteEdgeError } from '../errors.ts';
import type { HttpResponse } from '../http/http-response.ts';
import { isRecord } from '../io/is-record.ts';
import { formatRepository } from '../oci/reference.ts';
import { nextPageQuery } from './next-page.ts';
import type { AskedPlaces, AskRegistry } from './referrers.ts';
import type { RegistryRequest } from './registry-transport.ts';
import type { RepositoryName } from './repository-name.ts';
import { askInTurn } from './route-failures.ts';

/** Of one repository; nobody has that many versions. */
const maximumTags = 50_000;
const maximumPages = 1000;
const maximumPageSize = 16 * 1024 * 1024;

/**
 * Lists the tags of a repository (distribution-spec 1.1, end-8a), page after page.
 *
 * @throws PaletteEdgeError `IMAGE_NOT_FOUND`, `ACCESS_DENIED`, `TAGS_INVALID` (kind content), or kind network
 */
export async function listTags(
  { ask, routes }: AskedPlaces,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  return await askInTurn(routes, async (route) => await listAt(ask, route, signal), signal);
}

async function listAt(
  ask: AskRegistry,
  route: RepositoryName,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const tags = new Set<string>();
  let query: string | undefined = '';
  for (let pages = 0; query !== undefined; pages += 1) {
    const request = tagsRequest(route, query, signal);
    if (pages >= maximumPages || tags.size > maximumTags) throw invalidTags(request, 'the list has no end');
    const page: Page = await ask(request, async (response) => await readPage(response, request));
    for (const tag of page.tags) tags.add(tag);
    query = page.next;
  }
  return [...tags];
}

function tagsRequest(
  { registry, repository, mirror }: RepositoryName,
  query: string,
  signal: AbortSignal | undefined,
): RegistryRequest {
  return {
    repository: { registry, repository, mirror },
    method: 'GET',
    path: `tags/list${query}`,
    headers: { accept: 'application/json' },
    expected: [200],
    subject: `tags of ${formatRepository({ registry, repository })}`,
    notFoundCode: 'IMAGE_NOT_FOUND',
    signal,
  };
}

interface Page {
  readonly tags: readonly string[];
  /** The query of the next page; undefined when this one is the last. */
  readonly next: string | undefined;
}

async function readPage(response: HttpResponse, request: RegistryRequest): Promise<Page> {
  const document = parseJson(await response.readText(maximumPageSize));
  const tags = isRecord(document) ? document['tags'] : undefined;
  // A repository without tags has null.
  if (tags !== null && !Array.isArray(tags)) throw invalidTags(request, 'the answer is no list of tags');
  const next = nextPageQuery(response.headers['link'], request.path, (reason) =>
    invalidTags(request, reason),
  );
  return { tags: (tags ?? []).filter((tag: unknown) => typeof tag === 'string'), next };
}

function parseJson(text: string): unknown {
  try {
    const document: unknown = JSON.parse(text);
    return document;
  } catch {
    return undefined;
  }
}

function invalidTags({ subject }: RegistryRequest, reason: string): PaletteEdgeError {
  return new PaletteEdgeError('TAGS_INVALID', `${subject}: ${reason}`, { kind: 'content' });
}
