import { PaletteEdgeError } from '../errors.ts';
import { sleepFor } from '../http/retry-budget.ts';
import type { Judgement } from '../http/retry-budget.ts';
import {
  defaultRetryPolicy,
  isConnectionFailure,
  isOverload,
  isThrottling,
  retryAfterOf,
  throttlePause,
} from '../http/retry-policy.ts';
import type { RetryPolicy } from '../http/retry-policy.ts';
import { HostBreaker } from './host-breaker.ts';
import { HostConcurrency } from './host-concurrency.ts';
import { HostPace } from './host-pace.ts';
import type { HostClock } from './host-pace.ts';
import { HostPlaces } from './host-places.ts';
import { parseRateLimit } from './host-rate-limit.ts';
import type { RateLimit } from './host-rate-limit.ts';
import { hostAsksTooMuch, hostHasNoEnd, hostIsPaused } from './host-throttled-error.ts';

/** How hosts are treated, and the time; replaced by tests. */
export interface HostOptions extends Partial<HostClock> {
  readonly policy?: RetryPolicy;
}

/** What is known of one registry, for all requests to it: how many at a time, when, and whether at all. */
export class HostState {
  readonly places: HostPlaces;
  /** The name it goes by in references and messages. */
  readonly registry: string;
  readonly #policy: RetryPolicy;
  readonly #concurrency: HostConcurrency;
  readonly #pace: HostPace;
  readonly #breaker: HostBreaker;
  /** Failures that were taken note of: the same one comes by again when its operation asks for another try. */
  readonly #noted = new WeakSet<Error>();
  #lastStallAt = -Infinity;
  readonly #now: () => number;
  #hasAnswered = false;
  #rateLimit: RateLimit | undefined;

  constructor(registry: string, concurrency: number, options: HostOptions = {}) {
    const { policy = defaultRetryPolicy, sleep = sleepFor, now = () => performance.now() } = options;
    this.registry = registry;
    this.#policy = policy;
    this.#now = now;
    this.#concurrency = new HostConcurrency(concurrency);
    this.places = new HostPlaces(() => this.#concurrency.limit);
    this.#pace = new HostPace({ now, sleep });
    this.#breaker = new HostBreaker(now);
  }

  get hasAnswered(): boolean {
    return this.#hasAnswered;
  }

  /** Whether requests are refused without being sent. */
  get isDown(): boolean {
    return this.#breaker.isDown;
  }

  /** Requests at a time, as it is now. */
  get concurrency(): number {
    return this.#concurrency.limit;
  }

  /** What the registry told last of its limit of pulls. */
  get rateLimit(): RateLimit | undefined {
    return this.#rateLimit;
  }

  /**
   * Waits until a request may be sent.
   *
   * @returns the round it is sent in, for {@link failed}
   * @throws PaletteEdgeError when the host is down; the signal's reason when aborted
   */
  async enter(signal: AbortSignal | undefined): Promise<number> {
    this.#breaker.check();
    await this.#pace.enter(signal);
    return this.#concurrency.round;
  }

  /**
   * To be called before {@link enter} by those who can do without this host.
   *
   * @throws PaletteEdgeError `TOO_MANY_REQUESTS` when it asked to be left alone
   */
  refuseWhilePaused(): void {
    const { pauseMs } = this.#pace;
    if (pauseMs > 0) throw hostIsPaused(this.registry, pauseMs);
  }

  /** Takes note of an answer, whatever it says. */
  answered(status: number, headers: Readonly<Record<string, string>>): void {
    this.#hasAnswered = true;
    this.#rateLimit = parseRateLimit(headers) ?? this.#rateLimit;
    // Of no use to anybody when the login server is what does not answer.
    if (status !== 401) this.#breaker.answered();
  }

  /** Takes note of an answer that was the one asked for. */
  succeeded(): void {
    this.#pace.succeeded();
    if (this.#concurrency.succeeded()) this.places.refresh();
  }

  /**
   * Takes note of a failed request, once.
   *
   * @param round that in which it was sent; undefined for a body that broke, sent nobody knows when
   */
  failed(error: unknown, round?: number): void {
    if (!(error instanceof PaletteEdgeError) || this.#noted.has(error)) return;
    this.#noted.add(error);
    if (isConnectionFailure(error)) this.#breaker.failed();
    if (!isOverload(error)) return;
    const isNewRound = this.#concurrency.overloaded(round ?? this.#roundOfStall());
    if (isThrottling(error)) this.#throttled(error, isNewRound);
  }

  /** What is to be done about a failure for the sake of the host; undefined leaves it to the operation. */
  judge(error: unknown): Judgement | undefined {
    this.failed(error);
    if (this.#breaker.isDown && isConnectionFailure(error)) return { final: error };
    if (!(error instanceof PaletteEdgeError) || !isThrottling(error)) return undefined;
    const asked = retryAfterOf(error, Date.now());
    const pause = throttlePause(asked, this.#pace.throttling, this.#policy);
    // The pause that others were asked for may be over when the last of them fails; this one is not without a wait.
    if (typeof pause === 'number') return { delayMs: this.#pace.pauseMs || pause };
    return { final: this.#giveUp(error, pause, asked) };
  }

  /** Takes note that an operation found no answer in all its attempts. Others need not find out again. */
  givenUp(error: unknown): void {
    if (!(error instanceof PaletteEdgeError) || !isConnectionFailure(error) || this.#breaker.isDown) return;
    // Without an answer to anyone else meanwhile: a blob that breaks off while others arrive is not the host's end.
    const isDead = !this.#hasAnswered || this.#breaker.failures >= this.#policy.attempts;
    if (isDead) this.#breaker.trip(error);
  }

  #throttled(error: PaletteEdgeError, isNewRound: boolean): void {
    const throttling = isNewRound ? this.#pace.throttled() : this.#pace.throttling;
    const asked = retryAfterOf(error, Date.now());
    const pause = throttlePause(asked, throttling, this.#policy);
    // One of several that were under way together, without a wish of its own, adds nothing.
    if (typeof pause === 'number' && (isNewRound || asked !== undefined)) this.#pace.pause(pause);
  }

  #giveUp(
    error: PaletteEdgeError,
    reason: 'asks-too-much' | 'no-end',
    askedMs: number | undefined,
  ): PaletteEdgeError {
    const registry = this.registry;
    if (reason === 'no-end') {
      const final = hostHasNoEnd(error, registry, this.#pace.throttling.sinceMs);
      this.#breaker.trip(final);
      return final;
    }
    const final = hostAsksTooMuch(error, registry, askedMs ?? 0);
    this.#breaker.trip(final, askedMs);
    return final;
  }

  /** Streams that stall together do so for one reason. */
  #roundOfStall(): number {
    const isSame = this.#now() - this.#lastStallAt < sameStallMs;
    if (!isSame) this.#lastStallAt = this.#now();
    return isSame ? this.#concurrency.round - 1 : this.#concurrency.round;
  }
}

const sameStallMs = 60_000;
