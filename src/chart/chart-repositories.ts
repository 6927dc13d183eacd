import { PaletteEdgeError } from '../errors.ts';
import { displayUrl } from '../http/connection-error.ts';
import type { HttpClient } from '../http/http-client.ts';
import type { HttpResponse } from '../http/http-response.ts';
import { HttpStatusError } from '../http/http-status-error.ts';
import { RetryBudget, withRetry } from '../http/retry-budget.ts';
import type { Retry, RetryBudgetOptions } from '../http/retry-budget.ts';
import { digestHex, digestOf } from '../oci/digest.ts';
import { maximumArchiveSize } from './chart-archive.ts';
import { findInIndex, maximumIndexSize } from './chart-index.ts';
import type { IndexedChart } from './chart-index.ts';
import { chooseVersion } from './choose-version.ts';

/** Finds who to log in as. */
export interface ChartLogins {
  /** @param url of what is asked for: a login of `host/path` holds for what is below that path */
  find(url: URL): Promise<{ readonly username: string; readonly password: string } | undefined>;
}

/** The parts that chart repositories are asked with. */
export interface ChartRepositoriesOptions {
  readonly http: HttpClient;
  readonly logins: ChartLogins;
  /** Told of every retry before the wait. */
  readonly onRetry?: (retry: Retry & { readonly host: string }) => void;
  /** Replaces policy and waiting, for tests. */
  readonly retry?: Pick<RetryBudgetOptions, 'policy' | 'sleep'>;
}

/** A chart in an HTTP repository. */
export interface FoundChart extends Pick<IndexedChart, 'sha256'> {
  readonly version: string;
  /** Of the archive. It may have a query that is a secret. */
  readonly url: URL;
}

/** What a chart is asked for by. */
export interface ChartName {
  readonly name: string;
  /** A version or range; empty for the newest release. */
  readonly version: string;
}

/** What a repository has to say of a provenance file. */
export interface FoundProvenance {
  /** Undefined when there is none, as far as is known. */
  readonly bytes?: Uint8Array;
  /** Why that is not certain; undefined when it is. */
  readonly doubt?: string;
}

/** Largest provenance file, in bytes. */
export const maximumProvenanceSize = 1024 * 1024;
/** What is answered for a provenance file that is not there; 403 by buckets that may be read and not listed. */
const absentStatuses: readonly number[] = [403, 404, 410];
/** Answers that tell nothing of whether it is there. */
const refusingStatuses: readonly number[] = [400, 401, 405];

/** Asks chart repositories that are spoken to over HTTP (helm.sh/docs/topics/chart_repository). Each index is fetched once. */
export class ChartRepositories {
  readonly #options: ChartRepositoriesOptions;
  readonly #indexes = new Map<string, Promise<string>>();
  readonly #answered = new Set<string>();

  constructor(options: ChartRepositoriesOptions) {
    this.#options = options;
  }

  /**
   * Looks a chart up in the index of a repository.
   *
   * @throws PaletteEdgeError `CHART_NOT_FOUND`, `CHART_REPOSITORY_NOT_FOUND`, `CHART_INDEX_INVALID`, `ACCESS_DENIED`, or kind network
   */
  async find(repository: URL, { name, version }: ChartName, signal?: AbortSignal): Promise<FoundChart> {
    const place = displayUrl(repository);
    const versions = findInIndex(await this.#index(repository, signal), name, `index.yaml of ${place}`);
    if (versions === undefined) throw notFound(`${place} has no chart ${name}`);
    const chosen = chooseVersion(
      versions.map((entry) => entry.version),
      version,
    );
    const entry = versions.find((candidate) => candidate.version === chosen);
    if (entry === undefined) throw notFound(noVersion(`${place} has the chart ${name}`, versions, version));
    const [link] = entry.urls;
    const url = link === undefined ? undefined : resolveLink(link, repository);
    if (url === undefined) throw notFound(`${place} does not say where ${name} ${entry.version} is`);
    return { version: entry.version, sha256: entry.sha256, url };
  }

  /**
   * Fetches the archive of a chart.
   *
   * @throws PaletteEdgeError `DIGEST_MISMATCH` when it is not what the index says, `CHART_NOT_FOUND`, `ACCESS_DENIED`,
   *   `RESPONSE_TOO_LARGE`, or kind network
   */
  async fetchArchive({ url, sha256 }: FoundChart, signal?: AbortSignal): Promise<Uint8Array> {
    return await this.#retrying(url, signal, async () => {
      const response = await this.#get(url, signal);
      await requireStatus(response, { url, notFoundCode: 'CHART_NOT_FOUND' });
      // As it is: servers give .tgz a Content-Encoding, although it is not one.
      const bytes = await response.readBytes(maximumArchiveSize);
      const found = digestHex(digestOf(bytes));
      if (sha256 === undefined || found === sha256) return bytes;
      throw new PaletteEdgeError(
        'DIGEST_MISMATCH',
        `${displayUrl(url)} has the sha256 ${found}; the index of its repository says ${sha256}`,
        { kind: 'content', suggestions: ['Ask whoever keeps the repository to index it again.'] },
      );
    });
  }

  /**
   * Fetches the provenance file beside the archive of a chart (helm.sh/docs/topics/provenance).
   *
   * @throws PaletteEdgeError of kind network
   */
  async fetchProvenance({ url }: FoundChart, signal?: AbortSignal): Promise<FoundProvenance> {
    const place = new URL(url);
    place.pathname += '.prov';
    return await this.#retrying(place, signal, async () => {
      const response = await this.#get(place, signal);
      const { status } = response;
      if (absentStatuses.includes(status) || refusingStatuses.includes(status)) {
        await response.discard();
        const doubt = `${displayUrl(place)} answered with the HTTP status ${status}`;
        return absentStatuses.includes(status) ? {} : { doubt };
      }
      await requireStatus(response, { url: place, notFoundCode: 'CHART_NOT_FOUND' });
      const bytes = await response.readBytes(maximumProvenanceSize);
      // Some servers have a page for whatever they do not have.
      const isSigned = Buffer.from(bytes).toString('latin1').startsWith('-----BEGIN PGP');
      return isSigned ? { bytes } : { doubt: `${displayUrl(place)} is something else` };
    });
  }

  async #index(repository: URL, signal: AbortSignal | undefined): Promise<string> {
    const url = below(repository, 'index.yaml');
    const known = this.#indexes.get(url.href);
    if (known !== undefined) return await known;
    const fetching = this.#retrying(url, signal, async () => {
      const response = await this.#get(url, signal);
      await requireStatus(response, { url, notFoundCode: 'CHART_REPOSITORY_NOT_FOUND' });
      return await response.readText(maximumIndexSize);
    });
    this.#indexes.set(url.href, fetching);
    return await fetching;
  }

  async #get(url: URL, signal: AbortSignal | undefined): Promise<HttpResponse> {
    const login = await this.#options.logins.find(url);
    const headers = login === undefined ? undefined : { authorization: basic(login) };
    const response = await this.#options.http.request({ method: 'GET', url, headers, signal });
    this.#answered.add(url.host);
    return response;
  }

  async #retrying<T>(url: URL, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    const { onRetry, retry } = this.#options;
    const budget = new RetryBudget({
      ...retry,
      signal,
      hasAnswered: () => this.#answered.has(url.host),
      onRetry: (event) => onRetry?.({ ...event, host: url.host }),
    });
    return await withRetry(work, budget);
  }
}

function basic({ username, password }: { readonly username: string; readonly password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/**
 * The query stays: some repositories want a token in it (Helm's `ResolveReferenceURL`). A link without a scheme may lead to
 * another host, which must not learn it.
 */
function below(repository: URL, path: string): URL {
  const base = new URL(repository);
  base.pathname = `${base.pathname.replace(/\/+$/, '')}/`;
  const url = new URL(path, base);
  if (url.origin === repository.origin) url.search = repository.search;
  url.hash = '';
  return url;
}

/** @returns undefined for what leads nowhere over HTTP; user and password in a link are left out */
function resolveLink(link: string, repository: URL): URL | undefined {
  if (!URL.canParse(link, repository.href)) return undefined;
  const url = URL.canParse(link) ? new URL(link) : below(repository, link);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return undefined;
  url.username = '';
  url.password = '';
  return url;
}

async function requireStatus(
  response: HttpResponse,
  { url, notFoundCode }: { readonly url: URL; readonly notFoundCode: string },
): Promise<void> {
  const { status, headers } = response;
  if (status === 200) return;
  await response.discard();
  const place = displayUrl(url);
  const cause = new HttpStatusError(status, headers['retry-after']);
  if (status === 401 || status === 403) {
    throw new PaletteEdgeError('ACCESS_DENIED', `${place} does not let us in (HTTP status ${status})`, {
      kind: 'authentication',
      cause,
      suggestions: [
        `Give a login in the list "helm" of --cred-file-path FILE: {"helm": [{"endpoint": "${url.host}", "username": "…", "password": "…"}]}.`,
      ],
    });
  }
  if (status === 404 || status === 410) {
    throw new PaletteEdgeError(notFoundCode, `there is nothing at ${place} (HTTP status ${status})`, {
      kind: 'notFound',
      cause,
      suggestions: ['Check the URL of the chart repository.'],
    });
  }
  throw new PaletteEdgeError('UNEXPECTED_STATUS', `${place} answered with the HTTP status ${status}`, {
    kind: 'network',
    cause,
  });
}

function noVersion(has: string, versions: readonly IndexedChart[], wanted: string): string {
  const some = versions.slice(0, 5).map((entry) => entry.version);
  const list = [...some, ...(versions.length > some.length ? ['…'] : [])].join(', ');
  const what = wanted === '' ? 'no release of it' : `no version ${JSON.stringify(wanted)}`;
  return `${has}, but ${what}; it has ${list === '' ? 'none' : list}`;
}

function notFound(message: string): PaletteEdgeError {
  return new PaletteEdgeError('CHART_NOT_FOUND', message, {
    kind: 'notFound',
    suggestions: ['Check repository, name and version: helm search repo shows what there is.'],
  });
}
