import { PaletteEdgeError } from '../errors.ts';
import { isConnectionFailure, isThrottling } from '../http/retry-policy.ts';
import { ChunkPace } from './chunk-pace.ts';
import type { ChunkPaceOptions } from './chunk-pace.ts';
import { largestChunk } from './chunk-sizes.ts';
import { isRefusal, refusedStatus } from './refused-status.ts';
import type { UploadRecord, UploadRecords } from './upload-records.ts';
import { askUpload, uploadLost } from './upload-requests.ts';
import type { UploadSession, UploadTarget } from './upload-requests.ts';

/** How uploads outlive the process that began them. */
export interface LastingUploads {
  readonly records: UploadRecords;
  /** Bytes above which a blob is worth it; {@link largestChunk} unless said otherwise. */
  readonly above?: number;
  readonly chunks?: ChunkPaceOptions;
}

/** How often in a row a registry may answer so before the upload is given up. */
const mostEvasions = 4;
/** Answers of a registry, or of what is before it, that say nothing about an upload. */
const passingStatuses: ReadonlySet<number> = new Set([408, 409, 425, 502, 503, 504]);

/**
 * An upload that a later run can go on with: it goes in chunks, and where it goes on is written down before each. What was written down
 * is not trusted: the registry is asked, and its digest decides in the end.
 */
export class LastingUpload implements Disposable {
  readonly pace: ChunkPace;
  readonly #target: UploadTarget;
  readonly #record: UploadRecord;
  #mayBeFound = true;
  #evasions = 0;
  #sentTo = 0;

  private constructor(target: UploadTarget, record: UploadRecord, chunks: ChunkPaceOptions | undefined) {
    this.pace = new ChunkPace(chunks);
    this.#target = target;
    this.#record = record;
  }

  /** @returns undefined for a blob that is sent whole */
  static async of(
    target: UploadTarget,
    lasting: LastingUploads | undefined,
  ): Promise<LastingUpload | undefined> {
    const { transport, repository, blob } = target;
    if (lasting === undefined || blob.size <= (lasting.above ?? largestChunk)) return undefined;
    const origin = transport.originOf(repository);
    const record = await lasting.records.open({ origin, repository: repository.repository, blob });
    return record && new LastingUpload(target, record, lasting.chunks);
  }

  /**
   * Asks the registry how far the upload of an earlier run is; once.
   *
   * @returns undefined when there is none, the registry does not know it any more, or what it says cannot be
   * @throws as {@link ask}
   */
  async takeUp(): Promise<UploadSession | undefined> {
    const { found } = this.#record;
    if (!this.#mayBeFound || found === undefined) return undefined;
    const { location, leastChunk } = found;
    // Credentials go along: to nobody but the registry, whatever was written down.
    if (!URL.canParse(location) || new URL(location).origin !== this.#origin) return undefined;
    this.#sentTo = found.sentTo;
    const session = await this.ask({ location: new URL(location), offset: 0, leastChunk });
    this.#mayBeFound = false;
    return session;
  }

  /**
   * Asks the registry how far an upload is.
   *
   * @returns undefined when it has to be begun anew
   * @throws PaletteEdgeError kind network when the registry cannot be reached, or does not say so soon: then it is to be asked again
   */
  async ask(session: UploadSession): Promise<UploadSession | undefined> {
    try {
      const asked = await askUpload(this.#target, session);
      this.#evasions = 0;
      return asked === undefined || asked.offset > this.#sentTo ? undefined : asked;
    } catch (error) {
      this.#target.signal?.throwIfAborted();
      if (!(error instanceof PaletteEdgeError)) throw error;
      if (!this.#isToBeAskedAgain(error)) return undefined;
      // It has not noticed yet that whoever sent the last chunk is gone.
      const isBusy = refusedStatus(error) === 409;
      throw isBusy ? uploadLost(this.#target, 'another request uses it', error) : error;
    }
  }

  #isToBeAskedAgain(error: PaletteEdgeError): boolean {
    if (isConnectionFailure(error) || isThrottling(error)) return true;
    this.#evasions += 1;
    return passingStatuses.has(refusedStatus(error) ?? 0) && this.#evasions <= mostEvasions;
  }

  /** To be called before bytes are sent, up to `sentTo`. */
  async keep({ location, leastChunk }: UploadSession, sentTo: number): Promise<void> {
    this.#sentTo = sentTo;
    if (location.origin === this.#origin)
      await this.#record.keep({ location: location.href, leastChunk, sentTo });
    else await this.#record.forget();
  }

  async forget(): Promise<void> {
    await this.#record.forget();
  }

  [Symbol.dispose](): void {
    this.#record[Symbol.dispose]();
  }

  get #origin(): string {
    const { transport, repository } = this.#target;
    return transport.originOf(repository);
  }
}

/**
 * Whether an upload may have failed because it came in chunks, or behind those of an earlier run: not for a login, nor for a registry that is
 * not there.
 */
export function isAboutChunks(error: unknown): boolean {
  if (!(error instanceof PaletteEdgeError)) return false;
  const status = refusedStatus(error);
  const isDenial = status === 401 || status === 403;
  return (
    ['UPLOAD_LOST', 'DIGEST_MISMATCH'].includes(error.code) ||
    ((isRefusal(error) || status === 501) && !isDenial)
  );
}
