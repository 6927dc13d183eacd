import { PaletteEdgeError } from '../errors.ts';
import { HttpStatusError } from '../http/http-status-error.ts';
import type { RetryBudget } from '../http/retry-budget.ts';
import { isConnectionFailure } from '../http/retry-policy.ts';
import type { StreamedBody } from '../http/sent-body.ts';
import { begun } from '../io/begun.ts';
import type { BlobRange } from '../oci/blob-access.ts';
import type { ChunkSizes } from './chunk-sizes.ts';
import { largestChunk } from './chunk-sizes.ts';
import { askUpload, beginUpload, endUpload, sendChunk, uploadSubject } from './upload-requests.ts';
import type { UploadSession, UploadTarget } from './upload-requests.ts';

/** A blob to upload, and where its bytes come from. */
export interface BlobUpload extends UploadTarget {
  /** A repository of the same registry that has it: it is mounted from there when that is allowed. */
  readonly mountFrom?: string | undefined;
  /** Opens the blob, whole or a part of it; called anew for each try. The first piece is waited for before anything is sent. */
  readonly open: (range?: BlobRange) => Promise<AsyncIterable<Uint8Array>>;
  /** Told of bytes as they are sent; less than nothing for those that were sent in vain. */
  readonly onBytes?: ((count: number) => void) | undefined;
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
 * @throws PaletteEdgeError `REPOSITORY_NOT_FOUND`, `ACCESS_DENIED`, `BODY_REFUSED`, kind network or content; what reading the blob
 *   throws, at once
 */
export async function uploadBlob(upload: BlobUpload, chunkSizes: ChunkSizes): Promise<UploadReport> {
  const { transport, repository, signal } = upload;
  const release = await transport.acquire(repository, signal);
  try {
    return await new UploadUnderWay(upload, chunkSizes).run();
  } finally {
    release();
  }
}

/** One blob being uploaded; lives for one {@link uploadBlob}. */
class UploadUnderWay {
  readonly #upload: BlobUpload;
  readonly #chunkSizes: ChunkSizes;
  readonly #budget: RetryBudget;
  #mountFrom: string | undefined;
  #session: UploadSession | undefined;
  /** What is sent at once after a connection broke: less is lost the next time. */
  #cautiousChunk = Infinity;
  /** Bytes of the body of the last request. */
  #bodyLength = 0;
  #bytesSent = 0;
  /** Those of them that count, as far as is known. */
  #bytesTold = 0;
  #readFailure: { readonly error: unknown } | undefined;

  constructor(upload: BlobUpload, chunkSizes: ChunkSizes) {
    const { transport, repository, signal, mountFrom } = upload;
    this.#upload = upload;
    this.#chunkSizes = chunkSizes;
    this.#mountFrom = mountFrom;
    this.#budget = transport.budget(repository, uploadSubject(upload), signal);
  }

  async run(): Promise<UploadReport> {
    for (;;) {
      try {
        this.#session ??= await this.#begin();
        if (this.#session === undefined) return { how: 'mounted', bytesSent: this.#bytesSent };
        await this.#send(this.#session);
        return { how: 'uploaded', bytesSent: this.#bytesSent };
      } catch (error) {
        await this.#afterFailure(error);
      }
    }
  }

  async #begin(): Promise<UploadSession | undefined> {
    this.#bodyLength = 0;
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
    const chunk = this.#chunkSize(first);
    if (first.offset === 0 && blob.size <= chunk) {
      await this.#withBody(undefined, async (body) => await endUpload(this.#upload, first, body));
      return;
    }
    let session = first;
    while (session.offset < blob.size) {
      session = await this.#sendNext(session, chunk);
      this.#session = session;
      this.#budget.reset();
    }
    this.#bodyLength = 0;
    await endUpload(this.#upload, session, undefined);
  }

  async #sendNext(session: UploadSession, chunk: number): Promise<UploadSession> {
    const start = session.offset;
    const end = Math.min(this.#upload.blob.size, start + chunk);
    return await this.#withBody(
      { start, end },
      async (body) => await sendChunk(this.#upload, session, { start, end, body }),
    );
  }

  #chunkSize({ leastChunk }: UploadSession): number {
    const allowed = this.#chunkSizes.of(this.#origin) ?? Infinity;
    return Math.min(allowed, Math.max(leastChunk, this.#cautiousChunk));
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
    this.#tell(range?.start ?? 0);
    try {
      for await (const bytes of reading ?? (await this.#upload.open(range))) {
        this.#bytesSent += bytes.length;
        this.#tell(this.#bytesTold + bytes.length);
        yield bytes;
      }
    } catch (error) {
      this.#readFailure = { error };
      throw error;
    }
  }

  /** So many bytes of the blob are there. */
  #tell(count: number): void {
    if (count !== this.#bytesTold) this.#upload.onBytes?.(count - this.#bytesTold);
    this.#bytesTold = count;
  }

  async #afterFailure(error: unknown): Promise<void> {
    // Another try reads the same.
    if (this.#readFailure !== undefined) throw this.#readFailure.error;
    // Without a body it is the registry's own refusal, and no smaller body helps.
    if (statusOf(error) === 413 && this.#bodyLength === 0) throw error;
    if (statusOf(error) === 413) {
      if (!this.#chunkSizes.refused(this.#origin, this.#bodyLength)) throw this.#bodyRefused(error);
      return;
    }
    await this.#budget.spend(error);
    await this.#resume(error);
  }

  async #resume(error: unknown): Promise<void> {
    const { signal } = this.#upload;
    const before = this.#session;
    this.#session = undefined;
    if (before === undefined) return;
    if (isConnectionFailure(error)) this.#cautiousChunk = largestChunk;
    try {
      this.#session = await askUpload(this.#upload, before);
    } catch (failure) {
      signal?.throwIfAborted();
      // Whatever became of it: another one can be begun.
      if (!(failure instanceof PaletteEdgeError)) throw failure;
    }
    if (this.#session !== undefined && this.#session.offset > before.offset) this.#budget.reset();
    this.#tell(this.#session?.offset ?? 0);
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

function statusOf(error: unknown): number | undefined {
  return error instanceof Error && error.cause instanceof HttpStatusError ? error.cause.status : undefined;
}

function isRefusal(error: unknown): boolean {
  const status = statusOf(error);
  return status !== undefined && status >= 400 && status < 500 && status !== 429 && status !== 408;
}
