import { PaletteEdgeError } from '../errors.ts';
import type { BlobAhead } from './blob-ahead.ts';
import { downloadBlob } from './blob-download.ts';
import type { BlobDownload } from './blob-download.ts';
import { BlobSegment } from './blob-segment.ts';
import type { SegmentDownload } from './blob-segment.ts';

/** A download of a blob in parts. */
export interface SegmentedDownload extends Pick<
  BlobDownload,
  'blob' | 'start' | 'end' | 'side' | 'restarts'
> {
  /** Of the registry: see {@link BlobAhead}. */
  readonly origin: string;
  readonly ahead: BlobAhead;
  readonly signal: AbortSignal | undefined;
  /** One request and the retries of one part; the signal ends that part alone. */
  readonly connection: (signal: AbortSignal | undefined) => Pick<BlobDownload, 'request' | 'budget'>;
  /** As `connection`, for parts that are ahead: they fail instead of waiting for a host that asks to slow down. */
  readonly connectionAhead: (signal: AbortSignal) => Pick<BlobDownload, 'request' | 'budget'>;
  /** Takes a place at the host when one is free and nobody waits for it. */
  readonly tryAcquire: () => (() => void) | undefined;
}

/**
 * As `downloadBlob`, with the parts that follow the one being read downloaded side by side, into memory, as long as the
 * host has free places. The caller holds one place; it serves the part being read.
 */
export async function* downloadSegments(
  download: SegmentedDownload,
): AsyncGenerator<Uint8Array, void, undefined> {
  const window = new SegmentWindow(download);
  let position = download.start;
  try {
    while (position < download.end) {
      for await (const bytes of window.read(position)) {
        position += bytes.length;
        window.fill(position);
        yield bytes;
      }
    }
  } finally {
    await window.dispose();
  }
}

/** The parts of one blob that are under way: one that is read directly, and those ahead of it in order. */
class SegmentWindow {
  readonly #download: SegmentedDownload;
  readonly #startedAt = performance.now();
  #ahead: BlobSegment[] = [];
  readonly #abandoned: Promise<void>[] = [];
  /** Up to here everything was downloaded or is being downloaded, or failed and is read directly once it is its turn. */
  #frontier: number;
  #isReadingDirectly = false;
  /** The part that was given the place of the caller, while nothing is read directly. */
  #placeUser: BlobSegment | undefined;

  constructor(download: SegmentedDownload) {
    this.#download = download;
    this.#frontier = download.start;
  }

  /** The bytes from a position on, up to the end of some part or of what arrived of it. */
  async *read(position: number): AsyncGenerator<Uint8Array, void, undefined> {
    const next = this.#ahead[0];
    if (next?.start === position) {
      yield* next.read();
      this.#ahead.shift();
      await next.dispose();
      this.#download.signal?.throwIfAborted();
      return;
    }
    // A part that failed leaves a gap.
    const gapEnd = next?.start ?? this.#frontier;
    if (gapEnd <= position) this.#frontier = Math.min(position + this.#directSize(), this.#download.end);
    yield* this.#readDirectly(position, gapEnd > position ? gapEnd : this.#frontier);
  }

  /** Downloads more parts ahead of a position, if there are places and memory for them, and it is worth it. */
  fill(position: number): void {
    const { ahead, end } = this.#download;
    if (!this.#isSlow(position)) return;
    while (this.#frontier < end) {
      const start = this.#frontier;
      const size = Math.min(ahead.limits.segmentSize, end - start);
      const memory = ahead.tryReserve(size);
      if (memory === undefined) return;
      const open = (signal: AbortSignal): AsyncIterable<Uint8Array> =>
        this.#openAhead(start, start + size, signal);
      const segment = this.#startAhead({ start, end: start + size, open, memory });
      if (segment === undefined) {
        memory.free(size);
        return;
      }
      this.#ahead.push(segment);
      this.#frontier += size;
    }
  }

  #isSlow(position: number): boolean {
    const { start, ahead } = this.#download;
    const enough = ahead.limits.enoughBytesPerSecond;
    if (enough === undefined) return true;
    // A connection has a second to show what it can do.
    const seconds = (performance.now() - this.#startedAt) / 1000 - 1;
    return position - start < seconds * enough;
  }

  /** Ends every part and gives back what it holds. */
  async dispose(): Promise<void> {
    this.#abandonAhead();
    await Promise.all(this.#abandoned);
  }

  /** While nobody else can help, one large request costs less than many. */
  #directSize(): number {
    const { ahead, tryAcquire } = this.#download;
    const { segmentSize, lonelySize } = ahead.limits;
    const memory = ahead.tryReserve(segmentSize);
    const release = memory === undefined ? undefined : tryAcquire();
    memory?.free(segmentSize);
    release?.();
    return release === undefined ? lonelySize : segmentSize;
  }

  async *#readDirectly(start: number, end: number): AsyncGenerator<Uint8Array, void, undefined> {
    const { blob, side, restarts, signal, connection, ahead, origin } = this.#download;
    this.#isReadingDirectly = true;
    await this.#placeUser?.ended;
    const onUnaskedPart = (): number => {
      ahead.rememberWithoutRanges(origin);
      this.#abandonAhead();
      this.#frontier = this.#download.end;
      return this.#frontier;
    };
    yield* downloadBlob({ blob, side, restarts, start, end, ...connection(signal), onUnaskedPart });
    this.#isReadingDirectly = false;
  }

  /** @returns undefined when there is no place for it */
  #startAhead(download: Omit<SegmentDownload, 'release'>): BlobSegment | undefined {
    const release = this.#download.tryAcquire();
    if (release !== undefined) return new BlobSegment({ ...download, release });
    const isPlaceFree = !this.#isReadingDirectly && this.#placeUser?.hasEnded !== false;
    // With the caller's place alone it would be many small requests, one after the other.
    if (!isPlaceFree || this.#ahead.every(({ hasEnded }) => hasEnded)) return undefined;
    this.#placeUser = new BlobSegment({ ...download, release: () => undefined });
    return this.#placeUser;
  }

  #openAhead(start: number, end: number, stop: AbortSignal): AsyncIterable<Uint8Array> {
    const { blob, side, restarts, signal, connectionAhead, ahead, origin } = this.#download;
    const onUnaskedPart = (): never => {
      ahead.rememberWithoutRanges(origin);
      throw new PaletteEdgeError('RANGE_IGNORED', `${side}: the server does not honour ranges`, {
        kind: 'network',
      });
    };
    const own = signal === undefined ? stop : AbortSignal.any([signal, stop]);
    return downloadBlob({ blob, side, restarts, start, end, ...connectionAhead(own), onUnaskedPart });
  }

  #abandonAhead(): void {
    this.#abandoned.push(...this.#ahead.map(async (segment) => await segment.dispose()));
    this.#ahead = [];
  }
}
