import type { StreamedBody } from '../http/sent-body.ts';
import { begun } from '../io/begun.ts';
import type { BlobRange } from '../oci/blob-access.ts';
import type { BlobUpload } from './blob-upload.ts';
import type { UploadProgress } from './upload-progress.ts';

/** The bodies of the requests of one upload: its blob, or parts of it. */
export class UploadBodies {
  readonly #upload: Pick<BlobUpload, 'blob' | 'open'>;
  readonly #progress: UploadProgress;
  #length = 0;
  #failure: { readonly error: unknown } | undefined;

  constructor(upload: Pick<BlobUpload, 'blob' | 'open'>, progress: UploadProgress) {
    this.#upload = upload;
    this.#progress = progress;
  }

  /** Bytes of the body of the last request. */
  get length(): number {
    return this.#length;
  }

  /** What reading the blob threw. */
  get failure(): { readonly error: unknown } | undefined {
    return this.#failure;
  }

  /** The next request has none. */
  none(): void {
    this.#length = 0;
  }

  /**
   * Sends one, of the whole blob unless a range is named. No server waits for a body whose reading takes its time to begin, as that of a layer does
   * which has to be restored.
   *
   * @throws what `send` throws, and reading the blob
   */
  async send<T>(
    range: Required<BlobRange> | undefined,
    send: (body: StreamedBody) => Promise<T>,
  ): Promise<T> {
    const { start, end } = range ?? { start: 0, end: this.#upload.blob.size };
    this.#length = end - start;
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
      this.#failure = { error };
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
      this.#failure = { error };
      throw error;
    }
  }
}
