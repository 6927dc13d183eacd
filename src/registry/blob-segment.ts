import type { Reservation } from './blob-ahead.ts';

/** A part of a blob that is downloaded before its reader asks for it. */
export interface SegmentDownload {
  readonly start: number;
  readonly end: number;
  /** Opens its bytes; ends early when the signal is aborted. */
  readonly open: (signal: AbortSignal) => AsyncIterable<Uint8Array>;
  /** For all of its bytes. */
  readonly memory: Reservation;
  /** Gives its place at the host back. */
  readonly release: () => void;
}

/** Downloads a part of a blob into memory. A failure is no error: what arrived can be read, the rest is for its reader. */
export class BlobSegment {
  readonly start: number;
  readonly end: number;
  readonly #download: SegmentDownload;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  readonly #pieces: Uint8Array[] = [];
  #hasEnded = false;
  #news = Promise.withResolvers<void>();

  constructor(download: SegmentDownload) {
    this.start = download.start;
    this.end = download.end;
    this.#download = download;
    this.#running = this.#run();
  }

  /** Whether nothing more will arrive. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Resolves when nothing more will arrive. */
  get ended(): Promise<void> {
    return this.#running;
  }

  /** Its bytes as they arrive, once: all of them, or fewer when it failed. */
  async *read(): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      const bytes = this.#pieces.shift();
      if (bytes !== undefined) {
        yield bytes;
        this.#download.memory.free(bytes.length);
      } else if (this.#hasEnded) {
        return;
      } else {
        await this.#news.promise;
      }
    }
  }

  /** Ends it, whatever it is doing, and gives back what it holds. */
  async dispose(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    this.#pieces.length = 0;
    this.#download.memory.free(this.end - this.start);
  }

  async #run(): Promise<void> {
    try {
      for await (const bytes of this.#download.open(this.#stop.signal)) {
        this.#pieces.push(bytes);
        this.#tell();
      }
    } catch {
      // Its reader asks for what is missing, and meets the reason if it lasts.
    } finally {
      this.#download.release();
      this.#hasEnded = true;
      this.#tell();
    }
  }

  #tell(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers<void>();
  }
}
