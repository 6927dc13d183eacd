import { setTimeout as wait } from 'node:timers/promises';

import { PaletteEdgeError } from '../errors.ts';
import { defaultRetryPolicy, retryDelay } from './retry-policy.ts';
import type { RetryPolicy } from './retry-policy.ts';

/** One retry that is about to happen. */
export interface Retry {
  /** The attempt that failed, counted from 1 since the last progress. */
  readonly attempt: number;
  /** The wait before the next one. */
  readonly delayMs: number;
  readonly error: unknown;
}

/** The parts of retrying that tests replace, and who is told. */
export interface RetryBudgetOptions {
  readonly policy?: RetryPolicy;
  readonly sleep?: (milliseconds: number, signal: AbortSignal | undefined) => Promise<void>;
  readonly onRetry?: (retry: Retry) => void;
  /** Whether the host answered before; see {@link retryDelay}. */
  readonly hasAnswered?: () => boolean;
  /** Judges failures that concern more than this operation; undefined leaves the decision to the policy. */
  readonly judge?: (error: unknown) => Judgement | undefined;
  /** Told of the error before it is thrown because nothing is going to be tried again. */
  readonly onGivingUp?: (error: unknown) => void;
  /** Runs the wait: for who has something to give to others meanwhile. */
  readonly whileWaiting?: (waiting: () => Promise<void>, error: unknown) => Promise<void>;
  readonly signal?: AbortSignal;
}

/** What is done about a failure, whatever the count: another try after a wait, or the error that ends the operation. */
export type Judgement = { readonly delayMs: number } | { readonly final: unknown };

/** Counts the failures of one operation; {@link retryDelay} decides, this waits. */
export class RetryBudget {
  readonly #options: RetryBudgetOptions;
  #failures = 0;

  constructor(options: RetryBudgetOptions = {}) {
    this.#options = options;
  }

  /**
   * Takes note of a failure and returns after the wait when the operation is to be tried again.
   *
   * @throws the error itself when it is final or the attempts are used up; the signal's reason when aborted
   */
  async spend(error: unknown): Promise<void> {
    const { onRetry, onGivingUp, signal } = this.#options;
    signal?.throwIfAborted();
    const judgement = this.#options.judge?.(error) ?? this.#count(error);
    if ('final' in judgement) {
      onGivingUp?.(error);
      throw judgement.final;
    }
    const { delayMs } = judgement;
    onRetry?.({ attempt: Math.max(1, this.#failures), delayMs, error });
    const { sleep = sleepFor, whileWaiting = runWait } = this.#options;
    await whileWaiting(async () => await sleep(delayMs, signal), error);
  }

  #count(error: unknown): Judgement {
    const { policy = defaultRetryPolicy, hasAnswered } = this.#options;
    this.#failures += 1;
    const context = {
      failures: this.#failures,
      hasAnswered: hasAnswered?.() ?? true,
      now: Date.now(),
    };
    const delayMs = retryDelay(error, context, policy);
    return delayMs === undefined ? { final: withAttempts(error, this.#failures) } : { delayMs };
  }

  /** The operation made progress: the count starts anew. */
  reset(): void {
    this.#failures = 0;
  }
}

async function runWait(waiting: () => Promise<void>): Promise<void> {
  await waiting();
}

/** Runs an operation until it succeeds or the budget is spent. */
export async function withRetry<T>(operation: () => Promise<T>, budget: RetryBudget): Promise<T> {
  for (;;) {
    try {
      return await operation();
    } catch (error) {
      await budget.spend(error);
    }
  }
}

/**
 * Waits.
 *
 * @throws the signal's reason when it was aborted meanwhile
 */
export async function sleepFor(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await wait(milliseconds, undefined, { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

function withAttempts(error: unknown, attempts: number): unknown {
  if (attempts === 1 || !(error instanceof PaletteEdgeError)) return error;
  const { code, message, kind, cause, suggestions } = error;
  return new PaletteEdgeError(code, `${message} (tried ${attempts} times)`, { kind, cause, suggestions });
}
