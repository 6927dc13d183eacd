import type { Throttling } from '../http/retry-policy.ts';

/** The time and the waiting, for tests to replace. */
export interface HostClock {
  /** Milliseconds from any fixed moment. */
  readonly now: () => number;
  readonly sleep: (milliseconds: number, signal: AbortSignal | undefined) => Promise<void>;
}

const firstIntervalMs = 100;
const maximumIntervalMs = 2000;
/** Two good answers and one refusal leave the interval as it was: a host that takes two of three is not slowed further. */
const intervalDecay = 0.7;
const shortestIntervalMs = 10;

/**
 * When requests to one host may start. After a refusal none at all for a while; then one after the other, at intervals
 * that double with every refusal and shrink with every good answer.
 */
export class HostPace {
  readonly #clock: HostClock;
  #pausedUntil = 0;
  #nextStart = 0;
  #intervalMs = 0;
  #rounds = 0;
  #throttledSince: number | undefined;

  constructor(clock: HostClock) {
    this.#clock = clock;
  }

  get throttling(): Throttling {
    const since = this.#throttledSince;
    return { rounds: this.#rounds, sinceMs: since === undefined ? 0 : this.#clock.now() - since };
  }

  /** Milliseconds until requests may start again. */
  get pauseMs(): number {
    return Math.max(0, this.#pausedUntil - this.#clock.now());
  }

  /** Takes note that the host asked to slow down, once for all requests that were under way together. */
  throttled(): Throttling {
    this.#throttledSince ??= this.#clock.now();
    this.#rounds += 1;
    this.#intervalMs = Math.min(maximumIntervalMs, Math.max(firstIntervalMs, this.#intervalMs * 2));
    return this.throttling;
  }

  /** Stops requests for so long, or longer when they are stopped for longer already. */
  pause(milliseconds: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#clock.now() + milliseconds);
  }

  succeeded(): void {
    this.#rounds = 0;
    this.#throttledSince = undefined;
    this.#intervalMs *= intervalDecay;
    if (this.#intervalMs < shortestIntervalMs) this.#intervalMs = 0;
  }

  /**
   * Waits until a request may start.
   *
   * @throws the signal's reason when it was aborted meanwhile
   */
  async enter(signal: AbortSignal | undefined): Promise<void> {
    // What was slept is remembered rather than the clock asked again: timers may fire a little early.
    let reached = this.#clock.now();
    for (;;) {
      const start = Math.max(this.#pausedUntil, this.#nextStart);
      if (start <= reached) break;
      await this.#clock.sleep(Math.ceil(start - reached), signal);
      reached = Math.max(start, this.#clock.now());
    }
    if (this.#intervalMs > 0) this.#nextStart = reached + this.#intervalMs;
  }
}
