import { PaletteEdgeError } from '../errors.ts';
import type { HttpClient } from '../http/http-client.ts';
import { withRetry } from '../http/retry-budget.ts';
import type { BlobReader, OpenBlobOptions } from '../oci/blob-access.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { maximumManifestSize } from '../oci/manifest.ts';
import { formatReference, formatRepository } from '../oci/reference.ts';
import { readWholeBlob } from '../oci/read-whole-blob.ts';
import type { Reference } from '../oci/reference.ts';
import { Authenticator } from './authenticator.ts';
import { BlobAhead } from './blob-ahead.ts';
import type { AheadLimits } from './blob-ahead.ts';
import type { CredentialSource } from './credentials.ts';
import { foreignLayerLinks, readForeignLayer } from './foreign-layer.ts';
import type { ForeignLayerParts } from './foreign-layer.ts';
import { HostLimits } from './host-limits.ts';
import type { RateLimit } from './host-rate-limit.ts';
import type { HostOptions } from './host-state.ts';
import { acceptManifests, descriptorOfHead, readManifest } from './manifest-answer.ts';
import type { FetchedManifest, ManifestTarget } from './manifest-answer.ts';
import { listTags } from './list-tags.ts';
import { findTag, listReferrers } from './referrers.ts';
import type { AskedPlaces, Referrers } from './referrers.ts';
import { registryBlobReader } from './registry-blob-reader.ts';
import type { BlobReaderParts } from './registry-blob-reader.ts';
import { RegistryTransport } from './registry-transport.ts';
import type { RegistryRequest, RetryEvent } from './registry-transport.ts';
import type { RepositoryName } from './repository-name.ts';
import { mirrorHosts, noMirrors } from './route.ts';
import type { Mirrors } from './route.ts';
import { routeBlobReader } from './route-blob-reader.ts';
import type { BlobGivers } from './route-blob-reader.ts';
import { askInTurn } from './route-failures.ts';
import { Routes } from './routes.ts';

/** The parts a registry client works with. */
export interface RegistryClientOptions {
  readonly http: HttpClient;
  readonly credentials: CredentialSource;
  /** Requests under way to one registry at a time, blob downloads to their last byte included. */
  readonly concurrencyPerHost: number;
  /** Asked before the registry that a name says; none unless given. */
  readonly mirrors?: Mirrors;
  /** When large blobs are downloaded in parts side by side. */
  readonly ahead?: AheadLimits;
  /** Told of every retry before the wait. */
  readonly onRetry?: (event: RetryEvent) => void;
  /** Replaces policy, time and waiting, for tests. */
  readonly retry?: HostOptions;
  /** The time in milliseconds by which tokens expire, for tests. */
  readonly now?: () => number;
}

/**
 * Pulls from registries (distribution-spec 1.1, pull): one for all of them. Where a name has mirrors, each is asked in turn,
 * and the registry itself at last; its error is the one that is told, with what the mirrors said behind it.
 */
export class RegistryClient {
  readonly #limits: HostLimits;
  readonly #transport: RegistryTransport;
  readonly #blobParts: BlobReaderParts & ForeignLayerParts;
  readonly #mirrors: Mirrors;
  readonly #routes: Routes;
  readonly #givers: BlobGivers = new Map();

  constructor(options: RegistryClientOptions) {
    const { http, credentials, now } = options;
    this.#mirrors = options.mirrors ?? noMirrors;
    this.#routes = new Routes(http, this.#mirrors, now ?? (() => performance.now()));
    this.#limits = new HostLimits(options.concurrencyPerHost, options.retry);
    this.#transport = new RegistryTransport({
      http,
      authenticator: new Authenticator({ http, credentials, now }),
      limits: this.#limits,
      retry: options.retry,
      onRetry: options.onRetry,
    });
    this.#blobParts = { http, transport: this.#transport, ahead: new BlobAhead(options.ahead) };
  }

  /**
   * Asks what a reference stands for now. HEAD, which registries do not count; GET when that gives no answer. The
   * digest decides when the reference has both tag and digest.
   *
   * @throws PaletteEdgeError `IMAGE_NOT_FOUND`, `ACCESS_DENIED`, or kind network or content
   */
  async resolve(reference: Reference, signal?: AbortSignal): Promise<Descriptor> {
    const { tag = 'latest', digest } = reference;
    const target = digest === undefined ? { tag } : { digest };
    return await this.#inTurn(
      reference,
      async (route) => await this.#resolveAt(route, target, signal),
      signal,
    );
  }

  /**
   * Fetches a manifest's raw bytes. They hash to the digest that was asked for, or for a tag to the one returned.
   *
   * @throws PaletteEdgeError `IMAGE_NOT_FOUND`, `ACCESS_DENIED`, `DIGEST_MISMATCH`, `RESPONSE_TOO_LARGE` over 4 MiB, or
   *   kind network
   */
  async fetchManifest(
    repository: RepositoryName,
    target: ManifestTarget,
    signal?: AbortSignal,
  ): Promise<FetchedManifest> {
    return await this.#inTurn(
      repository,
      async (route) => await this.#fetchManifestAt(route, target, signal),
      signal,
    );
  }

  /**
   * Fetches a small blob, such as an image config, into memory.
   *
   * @throws PaletteEdgeError `BLOB_TOO_LARGE` over 4 MiB, `BLOB_NOT_FOUND`, `DIGEST_MISMATCH`, or kind network
   */
  async fetchBlob(
    repository: RepositoryName,
    descriptor: Descriptor,
    signal?: AbortSignal,
  ): Promise<Uint8Array> {
    const { digest, size } = descriptor;
    const subject = `blob ${digest} of ${formatRepository(repository)}`;
    if (size > maximumManifestSize) {
      throw new PaletteEdgeError(
        'BLOB_TOO_LARGE',
        `${subject} is to be read into memory, but has ${size} bytes; ${maximumManifestSize} are allowed`,
        { kind: 'content' },
      );
    }
    return await this.#inTurn(
      repository,
      async (route) => {
        const blobs = registryBlobReader(this.#blobParts, route);
        return await retryMismatch(async () => await readWholeBlob(blobs, descriptor, signal));
      },
      signal,
    );
  }

  /**
   * Asks for the referrers of a manifest; see {@link listReferrers}.
   *
   * @returns undefined when the registry does not have this API
   */
  async listReferrers(
    repository: RepositoryName,
    subject: Digest,
    signal?: AbortSignal,
  ): Promise<Referrers | undefined> {
    return await listReferrers(this.#places(repository), { subject, signal });
  }

  /** Asks what a tag stands for that need not be there; see {@link findTag}. */
  async findTag(
    repository: RepositoryName,
    tag: string,
    signal?: AbortSignal,
  ): Promise<Descriptor | undefined> {
    return await findTag(this.#places(repository), { tag, signal });
  }

  /** Lists the tags of a repository; see {@link listTags}. */
  async listTags(repository: RepositoryName, signal?: AbortSignal): Promise<string[]> {
    return await listTags(this.#places(repository), signal);
  }

  /** How many pulls are left, by registry, of those that told with a manifest. */
  rateLimits(): ReadonlyMap<string, RateLimit> {
    return this.#limits.rateLimits();
  }

  /** The blobs of a repository; see {@link registryBlobReader} and {@link routeBlobReader}. */
  blobs(repository: RepositoryName): BlobReader {
    const routes = this.#routes.of(repository);
    const readerOf = (route: RepositoryName): BlobReader => registryBlobReader(this.#blobParts, route);
    if (routes.length === 1) return readerOf(repository);
    return routeBlobReader({ routes, readerOf, givers: this.#givers });
  }

  /** Opens a blob at the links its descriptor has, when registries need not have it; see {@link readForeignLayer}. */
  foreignLayer(blob: Descriptor): ((options: OpenBlobOptions) => AsyncIterable<Uint8Array>) | undefined {
    const links = foreignLayerLinks(blob);
    if (links.length === 0) return undefined;
    return (options) => readForeignLayer(this.#blobParts, { blob, links }, options);
  }

  /** Whether a repository would be asked at once, would have to wait, or can be given up: whoever has a choice asks first. */
  readiness(repository: RepositoryName): 'idle' | 'busy' | 'down' {
    const routes = this.#routes.of(repository);
    const first = routes.find((route) => !this.#transport.isDown(route));
    if (first === undefined) return 'down';
    const release = this.#transport.tryAcquire(first);
    release?.();
    return release === undefined ? 'busy' : 'idle';
  }

  /** The hosts that are asked before a registry, in their order. */
  mirrorsOf(registry: string): readonly string[] {
    return mirrorHosts(registry, this.#mirrors);
  }

  async #inTurn<T>(
    repository: RepositoryName,
    ask: (route: RepositoryName) => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    return await askInTurn(this.#routes.of(repository), ask, signal);
  }

  async #resolveAt(
    route: RepositoryName,
    target: ManifestTarget,
    signal: AbortSignal | undefined,
  ): Promise<Descriptor> {
    const head = { ...manifestRequest(route, target, signal), method: 'HEAD' as const };
    const wanted = 'digest' in target ? target.digest : undefined;
    const descriptor = await this.#run(head, async () => {
      const response = await this.#transport.send(head);
      await response.discard();
      return descriptorOfHead(response, wanted, head.subject);
    }).catch(ignoreRefusedHead);
    return descriptor ?? (await this.#fetchManifestAt(route, target, signal)).descriptor;
  }

  async #fetchManifestAt(
    route: RepositoryName,
    target: ManifestTarget,
    signal: AbortSignal | undefined,
  ): Promise<FetchedManifest> {
    const request = manifestRequest(route, target, signal);
    return await this.#run(request, async () => {
      const response = await this.#transport.send(request);
      return await readManifest(response, target, request.subject);
    });
  }

  #places(repository: RepositoryName): AskedPlaces {
    return {
      routes: this.#routes.of(repository),
      ask: async (request, read) =>
        await this.#run(request, async () => await read(await this.#transport.send(request))),
    };
  }

  /** Runs an operation in the registry's concurrency limit, with retries. */
  async #run<T>(request: RegistryRequest, operation: () => Promise<T>): Promise<T> {
    const { repository, subject, signal } = request;
    const release = await this.#transport.acquire(repository, signal);
    try {
      return await withRetry(operation, this.#transport.budget(repository, subject, signal));
    } finally {
      release();
    }
  }
}

function manifestRequest(
  { registry, repository, mirror }: RepositoryName,
  target: ManifestTarget,
  signal: AbortSignal | undefined,
): RegistryRequest {
  const name = 'digest' in target ? target.digest : target.tag;
  const reference = 'digest' in target ? { digest: target.digest } : target;
  return {
    repository: { registry, repository, mirror },
    method: 'GET',
    path: `manifests/${name}`,
    headers: { accept: acceptManifests },
    expected: [200],
    subject: formatReference({ registry, repository, ...reference }),
    notFoundCode: 'IMAGE_NOT_FOUND',
    signal,
  };
}

/** An answer to HEAD has no explanation, and some proxies refuse HEAD altogether: what GET answers is final. */
function ignoreRefusedHead(error: unknown): undefined {
  const isRefusal =
    error instanceof PaletteEdgeError &&
    ['IMAGE_NOT_FOUND', 'ACCESS_DENIED', 'UNEXPECTED_STATUS', 'STORAGE_REFUSED'].includes(error.code);
  if (!isRefusal) throw error;
}

/** Damaged in transit is worth another try from the beginning; damaged twice is what the registry has. */
async function retryMismatch<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof PaletteEdgeError) || error.code !== 'DIGEST_MISMATCH') throw error;
    return await read();
  }
}
