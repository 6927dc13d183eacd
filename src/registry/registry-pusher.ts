import { PaletteEdgeError } from '../errors.ts';
import type { HttpClient } from '../http/http-client.ts';
import { withRetry } from '../http/retry-budget.ts';
import type { BlobIdentity, Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { fallbackTag } from '../oci/companion-tags.ts';
import { formatReference } from '../oci/reference.ts';
import { Authenticator } from './authenticator.ts';
import { BlobAhead } from './blob-ahead.ts';
import { uploadBlob } from './blob-upload.ts';
import type { BlobUpload, UploadMeans, UploadReport } from './blob-upload.ts';
import { ChunkSizes } from './chunk-sizes.ts';
import type { CredentialSource } from './credentials.ts';
import { HostLimits } from './host-limits.ts';
import type { HostOptions } from './host-state.ts';
import type { LastingUploads } from './lasting-upload.ts';
import { acceptManifests, readManifest } from './manifest-answer.ts';
import type { ManifestTarget } from './manifest-answer.ts';
import { findManifest, putManifest } from './put-manifest.ts';
import type { ManifestToPut, PutReport } from './put-manifest.ts';
import { listReferrers } from './referrers.ts';
import { withReferrers } from './referrers-list.ts';
import { registryBlobReader } from './registry-blob-reader.ts';
import { RegistryTransport } from './registry-transport.ts';
import type { RegistryRequest, RetryEvent } from './registry-transport.ts';
import type { RepositoryName } from './repository-name.ts';

/** The parts a pusher works with. */
export interface RegistryPusherOptions {
  readonly http: HttpClient;
  readonly credentials: CredentialSource;
  /** Requests under way to one registry at a time, uploads to their last byte included. */
  readonly concurrencyPerHost: number;
  /** Told of every retry before the wait. */
  readonly onRetry?: ((event: RetryEvent) => void) | undefined;
  /** Replaces policy, time and waiting, for tests. */
  readonly retry?: HostOptions | undefined;
  /** Where uploads are remembered for the next run; nowhere when undefined. */
  readonly lasting?: LastingUploads | undefined;
}

/** What an upload takes besides the pusher. */
export type BlobToPush = Omit<BlobUpload, 'transport'>;

/** A manifest that others are about. */
interface ReferrersPlace {
  readonly repository: RepositoryName;
  readonly subject: Digest;
}

/** Writes to registries (distribution-spec 1.1, push), never to mirrors of them. */
export class RegistryPusher {
  readonly #transport: RegistryTransport;
  readonly #means: UploadMeans;

  constructor({ http, credentials, concurrencyPerHost, onRetry, retry, lasting }: RegistryPusherOptions) {
    this.#means = { chunkSizes: new ChunkSizes(), lasting };
    this.#transport = new RegistryTransport({
      http,
      authenticator: new Authenticator({ http, credentials, isForPush: true }),
      limits: new HostLimits(concurrencyPerHost, retry),
      retry,
      onRetry,
    });
  }

  /**
   * Whether a repository has a blob, of the right size.
   *
   * @throws PaletteEdgeError `ACCESS_DENIED`, or kind network
   */
  async hasBlob(repository: RepositoryName, blob: BlobIdentity, signal?: AbortSignal): Promise<boolean> {
    const reader = registryBlobReader({ transport: this.#transport, ahead: new BlobAhead() }, repository);
    try {
      return (await reader.sizeOf(blob.digest, signal)) === blob.size;
    } catch (error) {
      // It answers that the blob is there, and not how large it is.
      if (error instanceof PaletteEdgeError && error.code === 'BLOB_SIZE_UNKNOWN') return true;
      throw error;
    }
  }

  /** The digest of the manifest under a tag or digest, if there is one; see {@link findManifest}. */
  async findManifest(
    repository: RepositoryName,
    target: ManifestTarget,
    signal?: AbortSignal,
  ): Promise<Digest | undefined> {
    return await findManifest({ transport: this.#transport, repository, target, signal });
  }

  /** Uploads a blob, or mounts it; see {@link uploadBlob}. */
  async pushBlob(blob: BlobToPush): Promise<UploadReport> {
    return await uploadBlob({ ...blob, transport: this.#transport }, this.#means).catch(adviseToCreate);
  }

  /** Puts a manifest; see {@link putManifest}. */
  async putManifest(
    { repository, target }: { readonly repository: RepositoryName; readonly target: ManifestTarget },
    manifest: ManifestToPut,
    signal?: AbortSignal,
  ): Promise<PutReport> {
    const place = { transport: this.#transport, repository, target, signal };
    return await putManifest(place, manifest).catch(adviseToCreate);
  }

  /**
   * Sees to it that manifests are listed as referrers of their subject: by the registry, else in the list under the fallback
   * tag. Two of these for one subject must not run side by side.
   *
   * @returns whether that list was written
   * @throws PaletteEdgeError `REFERRERS_INVALID`, or as {@link putManifest}
   */
  async keepReferrers(
    place: ReferrersPlace,
    wanted: readonly Descriptor[],
    signal?: AbortSignal,
  ): Promise<boolean> {
    const list = await this.#listToPut(place, wanted, signal);
    const { repository, subject } = place;
    const target = { tag: fallbackTag(subject) };
    if (list !== undefined) await this.putManifest({ repository, target }, list, signal);
    return list !== undefined;
  }

  /**
   * Whether {@link keepReferrers} would have nothing to do.
   *
   * @throws PaletteEdgeError as that does
   */
  async listsReferrers(
    place: ReferrersPlace,
    wanted: readonly Descriptor[],
    signal?: AbortSignal,
  ): Promise<boolean> {
    return (await this.#listToPut(place, wanted, signal)) === undefined;
  }

  /** @returns undefined when all are listed */
  async #listToPut(
    { repository, subject }: ReferrersPlace,
    wanted: readonly Descriptor[],
    signal: AbortSignal | undefined,
  ): Promise<ManifestToPut | undefined> {
    const listed = await this.#listed(repository, subject, signal);
    if (wanted.every(({ digest }) => listed.has(digest))) return undefined;
    const tag = fallbackTag(subject);
    const present = await this.#fetchTag(repository, tag, signal);
    return withReferrers(present, wanted, formatReference({ ...repository, tag }));
  }

  async #listed(
    repository: RepositoryName,
    subject: Digest,
    signal: AbortSignal | undefined,
  ): Promise<ReadonlySet<Digest>> {
    const ask = async <T>(request: RegistryRequest, read: Reading<T>): Promise<T> =>
      await this.#run(request, read);
    const referrers = await listReferrers({ routes: [repository], ask }, { subject, signal });
    return new Set(referrers?.manifests.map(({ digest }) => digest));
  }

  async #fetchTag(
    repository: RepositoryName,
    tag: string,
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array | undefined> {
    const request: RegistryRequest = {
      repository,
      method: 'GET',
      path: `manifests/${tag}`,
      headers: { accept: acceptManifests },
      expected: [200, 404],
      subject: formatReference({ ...repository, tag }),
      notFoundCode: 'IMAGE_NOT_FOUND',
      signal,
    };
    return await this.#run(request, async (response) => {
      if (response.status === 200) return (await readManifest(response, { tag }, request.subject)).bytes;
      await response.discard();
      return undefined;
    });
  }

  async #run<T>(request: RegistryRequest, read: Reading<T>): Promise<T> {
    const { repository, subject, signal } = request;
    const release = await this.#transport.acquire(repository, signal);
    try {
      const budget = this.#transport.budget(repository, subject, signal);
      return await withRetry(async () => await read(await this.#transport.send(request)), budget);
    } finally {
      release();
    }
  }
}

type Reading<T> = (response: Awaited<ReturnType<RegistryTransport['send']>>) => Promise<T>;

/** Most registries make a repository with its first blob; ECR does not. */
function adviseToCreate(error: unknown): never {
  if (!(error instanceof PaletteEdgeError) || error.code !== 'REPOSITORY_NOT_FOUND') throw error;
  const { code, message, kind, cause } = error;
  throw new PaletteEdgeError(code, message, {
    kind,
    cause,
    suggestions: [
      'Create the repository, or the project that it is in, at the registry first: Harbor and ECR want that.',
      'Check the spelling of the registry and of what stands behind it.',
    ],
  });
}
