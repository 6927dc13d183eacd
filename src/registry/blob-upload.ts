import { PaletteEdgeError } from '../errors.ts';
import type { RetryBudget } from '../http/retry-budget.ts';
import { isConnectionFailure } from '../http/retry-policy.ts';
import type { BlobRange } from '../oci/blob-access.ts';
import type { ChunkSizes } from './chunk-sizes.ts';
import { largestChunk } from './chunk-sizes.ts';
import { isAboutChunks, LastingUpload } from './lasting-upload.ts';
import type { LastingUploads } from './lasting-upload.ts';
import { isRefusal, refusedStatus } from './refused-status.ts';
import { UploadBodies } from './upload-bodies.ts';
import { UploadProgress } from './upload-progress.ts';
import type { UploadListener } from './upload-progress.ts';
import {
  askUpload,
  beginUpload,
  bodyRefused,
  endUpload,
  isUploaded,
  sendChunk,
  uploadSubject,
} from './upload-requests.ts';
import type { UploadSession, UploadTarget } from './upload-requests.ts';

/** A blob to upload, and where its bytes come from. */
export interface BlobUpload extends UploadTarget, UploadListener {
  /** A repository of the same registry that has it: it is mounted from there when that is allowed. */
  readonly mountFrom?: string | undefined;
  /** Opens the blob, whole or a part of it; called anew for each try. The first piece is waited for before anything is sent. */
  readonly open: (range?: BlobRange) => Promise<AsyncIterable<Uint8Array>>;
  /** Whether a later run may go on with it: then a large one is read in parts, which should cost no more than reading it once. */
  readonly isLasting?: boolean;
}

/** What all uploads to registries share. */
export interface UploadMeans {
  readonly chunkSizes: ChunkSizes;
  /** Undefined where uploads end with their process. */
  readonly lasting?: LastingUploads | undefined;
}

/** How a blob came to be in a repository. */
export interface UploadReport {
  readonly how: 'mounted' | 'uploaded';
  /** All that were sent, in vain as well. */
  readonly bytesSent: number;
}

/**
 * Uploads a blob: whole, and in chunks where a body of its size is refused or a connection broke. Goes on from the last byte that
 * the registry says it has, and begins anew where it does not say. Holds a place in the registry's concurrency limit.
 *
 * A large one that may last goes in chunks from the beginning, behind what an earlier run sent of it. Where a registry does not take them so, or
 * finds another digest in the end, it is sent once more, whole.
 *
 * @throws PaletteEdgeError `REPOSITORY_NOT_FOUND`, `ACCESS_DENIED`, `BODY_REFUSED`, kind network or content; what reading the blob
 *   throws, at once
 */
export async function uploadBlob(upload: BlobUpload, means: UploadMeans): Promise<UploadReport> {
  const { transport, repository, signal } = upload;
  const release = await transport.acquire(repository, signal);
  try {
    using lasting = await LastingUpload.of(upload, upload.isLasting === true ? means.lasting : undefined);
    const report = await new UploadUnderWay(upload, means.chunkSizes, lasting).run();
    await lasting?.forget();
    return report;
  } finally {
    release();
  }
}

/** One blob being uploaded; lives for one {@link uploadBlob}. */
class UploadUnderWay {
  readonly #upload: BlobUpload;
  readonly #chunkSizes: ChunkSizes;
  readonly #budget: RetryBudget;
  readonly #progress: UploadProgress;
  readonly #bodies: UploadBodies;
  /** Undefined as soon as the blob goes whole. */
  #lasting: LastingUpload | undefined;
  #mountFrom: string | undefined;
  #session: UploadSession | undefined;
  #isTakenUp = false;
  /** One that the registry has to be asked about before it is gone on with. */
  #unsure: UploadSession | undefined;
  /** What is sent at once after a connection broke: less is lost the next time. */
  #cautiousChunk = Infinity;
  /** Bytes that the registry had at most: who only gets so far once more makes no progress. */
  #furthest = 0;
  /** All was sent, and no answer says what became of it. */
  #mayBeThere = false;
  #isThere = false;

  constructor(upload: BlobUpload, chunkSizes: ChunkSizes, lasting: LastingUpload | undefined) {
    const { transport, repository, signal, mountFrom } = upload;
    this.#upload = upload;
    this.#lasting = lasting;
    this.#chunkSizes = chunkSizes;
    this.#mountFrom = mountFrom;
    this.#progress = new UploadProgress(upload);
    this.#bodies = new UploadBodies(upload, this.#progress);
    this.#budget = transport.budget(repository, uploadSubject(upload), signal);
  }

  async run(): Promise<UploadReport> {
    for (;;) {
      try {
        this.#session ??= await this.#start();
        const bytesSent = this.#progress.sent;
        if (this.#session === undefined) return { how: this.#isThere ? 'uploaded' : 'mounted', bytesSent };
        await this.#send(this.#session);
        return { how: 'uploaded', bytesSent: this.#progress.sent };
      } catch (error) {
        await this.#afterFailure(error);
      }
    }
  }

  async #start(): Promise<UploadSession | undefined> {
    this.#bodies.none();
    const before = await this.#askAgain();
    if (before !== undefined) return before;
    if (await this.#wasEnded()) return undefined;
    // A mount is cheaper than any rest.
    const isMounting = this.#mountFrom !== undefined;
    const instead = isMounting ? await this.#begin() : undefined;
    if (isMounting && instead === undefined) return undefined;
    return (await this.#takeUp()) ?? instead ?? (await this.#begin());
  }

  async #askAgain(): Promise<UploadSession | undefined> {
    const before = this.#unsure;
    if (before === undefined) return undefined;
    const session = await this.#lasting?.ask(before);
    this.#unsure = undefined;
    if (session !== undefined) this.#hasReached(session.offset);
    this.#progress.at(session?.offset ?? 0);
    return session;
  }

  /** A registry that takes long to end an upload has ended it, though a proxy before it gave up: the blob need not be sent again. */
  async #wasEnded(): Promise<boolean> {
    if (!this.#mayBeThere) return false;
    this.#isThere = await isUploaded(this.#upload);
    this.#mayBeThere = false;
    if (this.#isThere) this.#progress.at(this.#upload.blob.size);
    return this.#isThere;
  }

  #hasReached(offset: number): void {
    if (offset > this.#furthest) this.#budget.reset();
    this.#furthest = Math.max(this.#furthest, offset);
  }

  async #takeUp(): Promise<UploadSession | undefined> {
    const session = await this.#lasting?.takeUp();
    if (session === undefined) return undefined;
    this.#isTakenUp = true;
    this.#furthest = session.offset;
    this.#progress.begunAt(session.offset);
    return session;
  }

  async #begin(): Promise<UploadSession | undefined> {
    this.#isTakenUp = false;
    if (this.#mountFrom === undefined) return await beginUpload(this.#upload, undefined);
    try {
      return await beginUpload(this.#upload, this.#mountFrom);
    } catch (error) {
      // Who may write here need not be allowed to read there.
      if (!isRefusal(error)) throw error;
      this.#mountFrom = undefined;
      return await beginUpload(this.#upload, undefined);
    }
  }

  async #send(first: UploadSession): Promise<void> {
    const { blob } = this.#upload;
    if (first.offset === 0 && blob.size <= this.#chunkSize(first)) {
      await this.#bodies.send(undefined, async (body) => await endUpload(this.#upload, first, body));
      return;
    }
    let session = first;
    while (session.offset < blob.size) {
      session = await this.#sendNext(session, this.#chunkSize(session));
      this.#session = session;
      this.#hasReached(session.offset);
    }
    this.#bodies.none();
    await this.#lasting?.keep(session, blob.size);
    await endUpload(this.#upload, session, undefined);
  }

  async #sendNext(session: UploadSession, chunk: number): Promise<UploadSession> {
    const start = session.offset;
    const end = Math.min(this.#upload.blob.size, start + chunk);
    await this.#lasting?.keep(session, end);
    this.#lasting?.pace.begin();
    const next = await this.#bodies.send(
      { start, end },
      async (body) => await sendChunk(this.#upload, session, { start, end, body }),
    );
    this.#lasting?.pace.end(end - start);
    return next;
  }

  #chunkSize({ leastChunk }: UploadSession): number {
    const allowed = this.#chunkSizes.of(this.#origin) ?? Infinity;
    const wanted = Math.min(this.#cautiousChunk, this.#lasting?.pace.size ?? Infinity);
    return Math.min(allowed, Math.max(leastChunk, wanted));
  }

  get #origin(): string {
    const { transport, repository } = this.#upload;
    return transport.originOf(repository);
  }

  async #afterFailure(error: unknown): Promise<void> {
    // Another try reads the same.
    if (this.#bodies.failure !== undefined) throw this.#bodies.failure.error;
    // Without a body it is the registry's own refusal, and no smaller body helps.
    if (refusedStatus(error) === 413 && this.#bodies.length === 0) throw error;
    if (refusedStatus(error) === 413) {
      if (!this.#chunkSizes.refused(this.#origin, this.#bodies.length))
        throw bodyRefused(this.#upload, this.#bodies.length, error);
      return;
    }
    const isEnd = this.#progress.there === this.#upload.blob.size;
    this.#mayBeThere ||= isEnd && !isRefusal(error) && !isMismatch(error);
    if (await this.#startsOver(error)) return;
    await this.#budget.spend(error);
    await this.#resume(error);
  }

  /**
   * Whether the blob is sent once more from its beginning, because the registry does not want it as it came. Only the upload of an earlier run
   * that was refused before its end says nothing about chunks.
   */
  async #startsOver(error: unknown): Promise<boolean> {
    if (this.#lasting === undefined || this.#session === undefined || !isAboutChunks(error)) return false;
    await this.#lasting.forget();
    if (!this.#isTakenUp || this.#bodies.length === 0) this.#lasting = undefined;
    this.#session = undefined;
    this.#progress.at(0);
    return true;
  }

  async #resume(error: unknown): Promise<void> {
    const before = this.#session;
    this.#session = undefined;
    if (before === undefined) return;
    if (isConnectionFailure(error)) this.#cautiousChunk = largestChunk;
    if (this.#lasting === undefined) await this.#askOnce(before);
    else this.#unsure = before;
  }

  async #askOnce(before: UploadSession): Promise<void> {
    try {
      this.#session = await askUpload(this.#upload, before);
    } catch (failure) {
      this.#upload.signal?.throwIfAborted();
      // Whatever became of it: another one can be begun.
      if (!(failure instanceof PaletteEdgeError)) throw failure;
    }
    if (this.#session !== undefined) this.#hasReached(this.#session.offset);
    this.#progress.at(this.#session?.offset ?? 0);
  }
}

function isMismatch(error: unknown): boolean {
  return error instanceof PaletteEdgeError && error.code === 'DIGEST_MISMATCH';
}
