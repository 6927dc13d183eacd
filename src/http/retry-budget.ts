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
  readonly signal?: AbortSignal;
}

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
    const { policy = defaultRetryPolicy, sleep = sleepFor, onRetry, hasAnswered, signal } = this.#options;
    signal?.throwIfAborted();
    this.#failures += 1;
    const context = {
      failures: this.#failures,
      hasAnswered: hasAnswered?.() ?? true,
      now: Date.now(),
    };
    const delayMs = retryDelay(error, context, policy);
    if (delayMs === undefined) throw withAttempts(error, this.#failures);
    onRetry?.({ attempt: this.#failures, delayMs, error });
    await sleep(delayMs, signal);
  }

  /** The operation made progress: the count starts anew. */
  reset(): void {
    this.#failures = 0;
  }
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

async function sleepFor(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
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
