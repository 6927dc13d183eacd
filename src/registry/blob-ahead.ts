/** When and how parts of one blob are downloaded side by side. All sizes in bytes. */
export interface AheadLimits {
  /** A blob is fetched in parts when more than this is missing of it. */
  readonly threshold: number;
  /** What one request is for while there are free places. */
  readonly segmentSize: number;
  /** What one request is for while there are none: then more requests would only cost time. */
  readonly lonelySize: number;
  /**
   * Parts are downloaded side by side while one connection brings less than this in a second: one that brings more is
   * not what the download waits for, and others would only take turns with it. Undefined: no connection is enough.
   */
  readonly enoughBytesPerSecond: number | undefined;
  /** What all blobs together may have in memory ahead of their readers; 0 downloads nothing ahead. */
  readonly memory: number;
}

const mebibyte = 1024 * 1024;

/** A segment takes longer than the request for it; four of them fit into memory beside everything else of a build. */
export const defaultAheadLimits: AheadLimits = {
  threshold: 64 * mebibyte,
  segmentSize: 4 * mebibyte,
  lonelySize: 64 * mebibyte,
  enoughBytesPerSecond: 32 * mebibyte,
  memory: 16 * mebibyte,
};

/** Memory for bytes that have not been asked for yet. */
export interface Reservation {
  /** Gives back what is not needed any more. */
  free(bytes: number): void;
}

/** What all downloads of a client share: memory for what is fetched ahead, and which registries do not honour ranges. */
export class BlobAhead {
  readonly limits: AheadLimits;
  readonly #withoutRanges = new Set<string>();
  #reserved = 0;

  constructor(limits: AheadLimits = defaultAheadLimits) {
    this.limits = limits;
  }

  /** How many bytes are reserved: never more than the limit, and 0 once all downloads have ended. */
  get reserved(): number {
    return this.#reserved;
  }

  /** Reserves memory, if there is so much left. */
  tryReserve(bytes: number): Reservation | undefined {
    if (this.#reserved + bytes > this.limits.memory) return undefined;
    this.#reserved += bytes;
    let held = bytes;
    return {
      free: (count) => {
        const freed = Math.min(count, held);
        held -= freed;
        this.#reserved -= freed;
      },
    };
  }

  /** Remembers that a registry gave other bytes than those that were asked for. */
  rememberWithoutRanges(origin: string): void {
    this.#withoutRanges.add(origin);
  }

  /** Whether blobs of the registry can be fetched in parts, as far as is known. */
  mayHonourRanges(origin: string): boolean {
    return !this.#withoutRanges.has(origin);
  }
}
