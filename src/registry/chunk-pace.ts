const mebibyte = 1024 * 1024;

/** How large chunks become, in bytes, and by which clock. */
export interface ChunkPaceOptions {
  readonly least?: number;
  readonly most?: number;
  /** Milliseconds of any one clock. */
  readonly now?: () => number;
}

/** Below this a chunk is over so soon that waiting for its answer counts. */
const shortMs = 5000;
const longMs = 20_000;

/**
 * How large the next chunk of an upload is: a chunk is what can be lost, and each costs the way to the registry and back. 16 MiB at
 * first; twice as much, up to 512 MiB, as long as one takes less than five seconds; half as much when one takes more than twenty.
 */
export class ChunkPace {
  readonly #least: number;
  readonly #most: number;
  readonly #now: () => number;
  #size: number;
  #beganAt = 0;

  constructor({
    least = 16 * mebibyte,
    most = 512 * mebibyte,
    now = () => performance.now(),
  }: ChunkPaceOptions = {}) {
    this.#least = least;
    this.#most = most;
    this.#now = now;
    this.#size = least;
  }

  /** Bytes of the next chunk. */
  get size(): number {
    return this.#size;
  }

  begin(): void {
    this.#beganAt = this.#now();
  }

  /** The chunk that was begun is there, so many bytes: fewer than {@link size} say nothing about the time of as many. */
  end(bytes: number): void {
    const took = this.#now() - this.#beganAt;
    if (took > longMs) this.#size = Math.max(this.#least, this.#size / 2);
    else if (took < shortMs && bytes >= this.#size) this.#size = Math.min(this.#most, this.#size * 2);
  }
}
