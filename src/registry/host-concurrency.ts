/**
 * How many requests a host is asked at a time: half as many whenever it is overloaded, one more after as many good
 * answers as there are places (additive increase, multiplicative decrease). No clock, no waiting.
 */
export class HostConcurrency {
  readonly #maximum: number;
  #limit: number;
  #round = 0;
  #successes = 0;

  /** @param maximum where it begins, and what it never exceeds; at least 1 */
  constructor(maximum: number) {
    this.#maximum = maximum;
    this.#limit = maximum;
  }

  get limit(): number {
    return this.#limit;
  }

  /** Counts the decreases. A request keeps the number it started with: see {@link overloaded}. */
  get round(): number {
    return this.#round;
  }

  /** @returns whether the limit has grown */
  succeeded(): boolean {
    this.#successes += 1;
    if (this.#limit >= this.#maximum || this.#successes < this.#limit) return false;
    this.#limit += 1;
    this.#successes = 0;
    return true;
  }

  /**
   * Halves the limit, not below 1; but not for a request that started before the last decrease: it tells nothing of what
   * the host thinks of the limit as it is now.
   *
   * @param round that in which the request started
   * @returns whether a new round has begun
   */
  overloaded(round: number): boolean {
    if (round < this.#round) return false;
    this.#limit = Math.max(1, Math.floor(this.#limit / 2));
    this.#round += 1;
    this.#successes = 0;
    return true;
  }
}
