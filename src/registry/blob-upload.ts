import { PaletteEdgeError } from '../errors.ts';
import type { RetryBudget } from '../http/retry-budget.ts';
import { isConnectionFailure } from '../http/retry-policy.ts';
import type { StreamedBody } from '../http/sent-body.ts';
import { begun } from '../io/begun.ts';
import type { BlobRange } from '../oci/blob-access.ts';
import type { ChunkSizes } from './chunk-sizes.ts';
import { largestChunk } from './chunk-sizes.ts';
import { isAboutChunks, LastingUpload } from './lasting-upload.ts';
import type { LastingUploads } from './lasting-upload.ts';
import { isRefusal, refusedStatus } from './refused-status.ts';
import { UploadProgress } from './upload-progress.ts';
import type { UploadListener } from './upload-progress.ts';
import { askUpload, beginUpload, endUpload, sendChunk, uploadSubject } from './upload-requests.ts';
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
  /** Undefined as soon as the blob goes whole. */
  #lasting: LastingUpload | undefined;
  #mountFrom: string | undefined;
  #session: UploadSession | undefined;
  #isTakenUp = false;
  /** One that the registry has to be asked about before it is gone on with. */
  #unsure: UploadSession | undefined;
  /** What is sent at once after a connection broke: less is lost the next time. */
  #cautiousChunk = Infinity;
  /** Bytes of the body of the last request. */
  #bodyLength = 0;
  #readFailure: { readonly error: unknown } | undefined;

  constructor(upload: BlobUpload, chunkSizes: ChunkSizes, lasting: LastingUpload | undefined) {
    const { transport, repository, signal, mountFrom } = upload;
    this.#upload = upload;
    this.#lasting = lasting;
    this.#chunkSizes = chunkSizes;
    this.#mountFrom = mountFrom;
    this.#progress = new UploadProgress(upload);
    this.#budget = transport.budget(repository, uploadSubject(upload), signal);
  }

  async run(): Promise<UploadReport> {
    for (;;) {
      try {
        this.#session ??= await this.#start();
        if (this.#session === undefined) return { how: 'mounted', bytesSent: this.#progress.sent };
        await this.#send(this.#session);
        return { how: 'uploaded', bytesSent: this.#progress.sent };
      } catch (error) {
        await this.#afterFailure(error);
      }
    }
  }

  async #start(): Promise<UploadSession | undefined> {
    this.#bodyLength = 0;
    const before = await this.#askAgain();
    if (before !== undefined) return before;
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
    if (session !== undefined && session.offset > before.offset) this.#budget.reset();
    this.#progress.at(session?.offset ?? 0);
    return session;
  }

  async #takeUp(): Promise<UploadSession | undefined> {
    const session = await this.#lasting?.takeUp();
    if (session === undefined) return undefined;
    this.#isTakenUp = true;
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
      await this.#withBody(undefined, async (body) => await endUpload(this.#upload, first, body));
      return;
    }
    let session = first;
    while (session.offset < blob.size) {
      session = await this.#sendNext(session, this.#chunkSize(session));
      this.#session = session;
      this.#budget.reset();
    }
    this.#bodyLength = 0;
    await this.#lasting?.keep(session, blob.size);
    await endUpload(this.#upload, session, undefined);
  }

  async #sendNext(session: UploadSession, chunk: number): Promise<UploadSession> {
    const start = session.offset;
    const end = Math.min(this.#upload.blob.size, start + chunk);
    await this.#lasting?.keep(session, end);
    this.#lasting?.pace.begin();
    const next = await this.#withBody(
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

  /** No server waits for a body whose reading takes its time to begin, as that of a layer does which has to be restored. */
  async #withBody<T>(
    range: Required<BlobRange> | undefined,
    send: (body: StreamedBody) => Promise<T>,
  ): Promise<T> {
    const { start, end } = range ?? { start: 0, end: this.#upload.blob.size };
    this.#bodyLength = end - start;
    const reading = await this.#read(range);
    let isTaken = false;
    const open = (): AsyncIterable<Uint8Array> => {
      const content = this.#content(range, isTaken ? undefined : reading);
      isTaken = true;
      return content;
    };
    try {
      return await send({ length: end - start, open });
    } finally {
      await reading.return?.();
    }
  }

  async #read(range: BlobRange | undefined): Promise<AsyncIterableIterator<Uint8Array, void>> {
    try {
      return await begun(await this.#upload.open(range));
    } catch (error) {
      this.#readFailure = { error };
      throw error;
    }
  }

  async *#content(
    range: BlobRange | undefined,
    reading: AsyncIterable<Uint8Array> | undefined,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    // A login may be asked for in the middle of it: then it is sent once more.
    this.#progress.at(range?.start ?? 0);
    try {
      for await (const bytes of reading ?? (await this.#upload.open(range))) {
        this.#progress.advance(bytes.length);
        yield bytes;
      }
    } catch (error) {
      this.#readFailure = { error };
      throw error;
    }
  }

  async #afterFailure(error: unknown): Promise<void> {
    // Another try reads the same.
    if (this.#readFailure !== undefined) throw this.#readFailure.error;
    // Without a body it is the registry's own refusal, and no smaller body helps.
    if (refusedStatus(error) === 413 && this.#bodyLength === 0) throw error;
    if (refusedStatus(error) === 413) {
      if (!this.#chunkSizes.refused(this.#origin, this.#bodyLength)) throw this.#bodyRefused(error);
      return;
    }
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
    if (!this.#isTakenUp || this.#bodyLength === 0) this.#lasting = undefined;
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
    if (this.#session !== undefined && this.#session.offset > before.offset) this.#budget.reset();
    this.#progress.at(this.#session?.offset ?? 0);
  }

  #bodyRefused(cause: unknown): PaletteEdgeError {
    const subject = uploadSubject(this.#upload);
    const message = `${subject}: a body of ${this.#bodyLength} bytes is refused as too large (413)`;
    return new PaletteEdgeError('BODY_REFUSED', message, {
      kind: 'network',
      cause,
      suggestions: [
        'Raise the limit of the proxy before the registry: client_max_body_size of nginx, proxy-body-size of its ingress.',
      ],
    });
  }
}
