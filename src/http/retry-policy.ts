import { PaletteEdgeError } from '../errors.ts';
import { HttpStatusError } from './http-status-error.ts';

/** How often and how patiently failed requests are tried again. */
export interface RetryPolicy {
  /** How many times an operation is tried at most, the first time included. */
  readonly attempts: number;
  /** The wait before the second attempt, in milliseconds; it doubles with every further failure. */
  readonly baseDelayMs: number;
  readonly maximumDelayMs: number;
  /** A server that asks for a longer wait than this gets this one, in milliseconds. */
  readonly maximumRetryAfterMs: number;
  /** A number in [0, 1), for the jitter. */
  readonly random: () => number;
}

/** What is known of a failed operation besides its error. */
export interface FailureContext {
  /** How often the operation failed in a row, this time included. */
  readonly failures: number;
  /** Whether the host answered anything before: if not, a refused connection is taken for a wrong name or port. */
  readonly hasAnswered: boolean;
  /** The time, in milliseconds since 1970, to measure a `Retry-After` date from. */
  readonly now: number;
}

/** Five attempts, 0.5 s to 30 s between them, at most two minutes when a server asks for it. */
export const defaultRetryPolicy: RetryPolicy = {
  attempts: 5,
  baseDelayMs: 500,
  maximumDelayMs: 30_000,
  maximumRetryAfterMs: 120_000,
  random: Math.random,
};

const transientCodes: ReadonlySet<string> = new Set([
  'CONNECTION_LOST',
  'CONNECTION_TIMEOUT',
  'CONNECTION_FAILED',
  'CONNECTION_STALLED',
  'STORAGE_REFUSED',
]);
const firstContactCodes: ReadonlySet<string> = new Set([
  'CONNECTION_REFUSED',
  'HOST_NOT_FOUND',
  'HOST_UNREACHABLE',
]);
const mismatchCodes: ReadonlySet<string> = new Set(['DIGEST_MISMATCH', 'SIZE_MISMATCH', 'ENCODING_INVALID']);

/** Whether a server that answers this may answer better later: 408, 429 and server failures, but not 501. */
export function isRetryableStatus(status: number): boolean {
  return status === 408 || status === 429 || (status >= 500 && status !== 501);
}

/**
 * Decides whether a failed operation is tried again. The only place that does.
 *
 * @returns the wait before the next attempt in milliseconds, or undefined to give up
 */
export function retryDelay(error: unknown, context: FailureContext, policy: RetryPolicy): number | undefined {
  if (context.failures >= policy.attempts || !isRetryable(error, context)) return undefined;
  const exponential = Math.min(policy.maximumDelayMs, policy.baseDelayMs * 2 ** (context.failures - 1));
  const delay = Math.round(exponential * (0.5 + policy.random() / 2));
  const asked = parseRetryAfter(statusOf(error)?.retryAfter, context.now);
  return asked === undefined ? delay : Math.max(delay, Math.min(asked, policy.maximumRetryAfterMs));
}

/**
 * Reads a `Retry-After` header (RFC 9110, 10.2.3): seconds or an HTTP date.
 *
 * @returns milliseconds from `now` on, never negative; undefined when there is none or it makes no sense
 */
export function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  const text = value.trim();
  if (/^[0-9]{1,9}$/.test(text)) return Number(text) * 1000;
  // Date.parse takes much more than dates of this form; a stray number must not become a year.
  if (!/^[A-Za-z]{3,9},? .*GMT$/.test(text) || text.length > 40) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : Math.max(0, time - now);
}

function isRetryable(error: unknown, context: FailureContext): boolean {
  const status = statusOf(error);
  if (status !== undefined && isRetryableStatus(status.status)) return true;
  if (!(error instanceof PaletteEdgeError)) return false;
  if (firstContactCodes.has(error.code)) return context.hasAnswered;
  // Damaged in transit once is bad luck; twice is what the server has.
  if (mismatchCodes.has(error.code)) return context.failures === 1;
  return transientCodes.has(error.code);
}

function statusOf(error: unknown): HttpStatusError | undefined {
  if (!(error instanceof Error)) return undefined;
  return error.cause instanceof HttpStatusError ? error.cause : undefined;
}
