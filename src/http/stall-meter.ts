/** When a body that still moves is given up. */
export interface StallLimits {
  /** A body has to bring this many bytes … */
  readonly minimumBytes: number;
  /** … in this time, in milliseconds. */
  readonly windowMs: number;
  /** All of the body has to be there in this time, in milliseconds; undefined for bodies of any length. */
  readonly totalMs?: number | undefined;
}

/**
 * Tells a body that trickles from one that is read slowly: only the time in which somebody waits for its bytes counts.
 * Pure; times are in milliseconds of any one clock.
 */
export class StallMeter {
  readonly #limits: StallLimits;
  #waitingSince = 0;
  #windowWaited = 0;
  #windowBytes = 0;
  #totalWaited = 0;

  constructor(limits: StallLimits) {
    this.#limits = limits;
  }

  /**
   * Somebody waits from now on.
   *
   * @returns how long they wait at most; then the body has stalled
   */
  wait(now: number): number {
    const { windowMs, totalMs = Infinity } = this.#limits;
    this.#waitingSince = now;
    return Math.max(0, Math.min(windowMs - this.#windowWaited, totalMs - this.#totalWaited));
  }

  /** Bytes came: the wait is over. */
  receive(bytes: number, now: number): void {
    const waited = now - this.#waitingSince;
    this.#totalWaited += waited;
    this.#windowWaited += waited;
    this.#windowBytes += bytes;
    if (this.#windowBytes < this.#limits.minimumBytes) return;
    this.#windowBytes = 0;
    this.#windowWaited = 0;
  }
}
