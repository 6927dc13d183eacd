import { PaletteEdgeError } from '../errors.ts';
import { HttpStatusError } from './http-status-error.ts';

/** How often and how patiently failed requests are tried again. */
export interface RetryPolicy {
  /** How many times an operation is tried at most, the first time included. */
  readonly attempts: number;
  /** The same for failures to reach a host that has answered before: links come back, and builds are long. */
  readonly outageAttempts: number;
  /** The wait before the second attempt, in milliseconds; it doubles with every further failure. */
  readonly baseDelayMs: number;
  readonly maximumDelayMs: number;
  /** A failing server that asks for a longer wait than this gets this one, in milliseconds. */
  readonly maximumRetryAfterMs: number;
  /** A host that asks all requests to stay away gets its wish up to this, in milliseconds; above it is a failure. */
  readonly maximumPauseMs: number;
  /** How long a host may answer nothing but that before it is given up, in milliseconds. */
  readonly patienceMs: number;
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

/** What is known of a host that asks to slow down. */
export interface Throttling {
  /** How often in a row it asked, without a good answer between. */
  readonly rounds: number;
  /** Milliseconds since it began to. */
  readonly sinceMs: number;
}

/**
 * Five attempts, 0.5 s to 30 s between them, at most two minutes when a server asks for it. A host that worked and cannot
 * be reached has eight: about a minute. One that is overloaded has any number: it is left alone for as long as it asks, up
 * to an hour, and given up after a quarter of an hour without one good answer.
 */
export const defaultRetryPolicy: RetryPolicy = {
  attempts: 5,
  outageAttempts: 8,
  baseDelayMs: 500,
  maximumDelayMs: 30_000,
  maximumRetryAfterMs: 120_000,
  maximumPauseMs: 3_600_000,
  patienceMs: 900_000,
  random: Math.random,
};

const transientCodes: ReadonlySet<string> = new Set([
  'CONNECTION_LOST',
  'CONNECTION_TIMEOUT',
  'CONNECTION_FAILED',
  'CONNECTION_STALLED',
  'STORAGE_REFUSED',
  'UPLOAD_LOST',
]);
const firstContactCodes: ReadonlySet<string> = new Set([
  'CONNECTION_REFUSED',
  'HOST_NOT_FOUND',
  'HOST_UNREACHABLE',
]);
const neverAgainCodes: ReadonlySet<string> = new Set(['PULL_LIMIT_REACHED']);
/** Failures below HTTP: the host, or the way to it, is not there. */
const connectionCodes: ReadonlySet<string> = new Set([
  ...firstContactCodes,
  'CONNECTION_LOST',
  'CONNECTION_TIMEOUT',
  'CONNECTION_FAILED',
  'CONNECTION_STALLED',
  'TLS_CERTIFICATE',
  'TLS_HANDSHAKE_REFUSED',
  'CLIENT_CERTIFICATE_REQUIRED',
  'CLIENT_CERTIFICATE_REFUSED',
  'PROXY_REFUSED',
  'PROXY_LOGIN_REQUIRED',
  'NOT_TLS',
  'NOT_HTTP',
]);
const silenceCodes: ReadonlySet<string> = new Set(['CONNECTION_TIMEOUT', 'CONNECTION_STALLED']);
/** A connection that comes about at the second try is a bad link; a host that never answers takes this long to tell. */
const firstContactTimeouts = 2;
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
  const isOutage = context.hasAnswered && isUnreached(error);
  const attempts = isOutage ? policy.outageAttempts : policy.attempts;
  if (context.failures >= attempts || !isRetryable(error, context)) return undefined;
  const delay = backoff(context.failures, policy);
  const asked = retryAfterOf(error, context.now);
  return asked === undefined ? delay : Math.max(delay, Math.min(asked, policy.maximumRetryAfterMs));
}

/** Whether a host asks all requests to it to slow down: 429, or 503 that says for how long (RFC 6585, 4; RFC 9110, 15.6.4). */
export function isThrottling(error: unknown): boolean {
  if (isNeverRetried(error)) return false;
  const answer = statusOf(error);
  return answer?.status === 429 || (answer?.status === 503 && answer.retryAfter !== undefined);
}

/** Whether fewer requests at a time may help: it throttles, has no capacity, or stopped answering or sending. */
export function isOverload(error: unknown): boolean {
  if (isThrottling(error) || statusOf(error)?.status === 503) return true;
  return error instanceof PaletteEdgeError && silenceCodes.has(error.code);
}

/** Whether there was no answer at all, or half of one. */
export function isConnectionFailure(error: unknown): boolean {
  return error instanceof PaletteEdgeError && connectionCodes.has(error.code);
}

/** Whether the host was not even reached. */
function isUnreached(error: unknown): boolean {
  if (!(error instanceof PaletteEdgeError)) return false;
  return firstContactCodes.has(error.code) || error.code === 'CONNECTION_TIMEOUT';
}

/**
 * Decides how long all requests to a host that throttles are held back.
 *
 * @param askedMs its `Retry-After`, in milliseconds from now on
 * @returns milliseconds, or why it is given up: `asks-too-much` of patience, or `no-end` in sight
 */
export function throttlePause(
  askedMs: number | undefined,
  { rounds, sinceMs }: Throttling,
  policy: RetryPolicy,
): number | 'asks-too-much' | 'no-end' {
  if (askedMs !== undefined && askedMs > policy.maximumPauseMs) return 'asks-too-much';
  if (sinceMs >= policy.patienceMs) return 'no-end';
  // A server that asks for no wait at all, and then refuses again, gets one.
  return Math.max(askedMs ?? 0, askedMs === undefined || rounds > 1 ? backoff(rounds, policy) : 0);
}

/** The `Retry-After` of an answer that an error stands for, in milliseconds from `now` on. */
export function retryAfterOf(error: unknown, now: number): number | undefined {
  return parseRetryAfter(statusOf(error)?.retryAfter, now);
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

/** Doubles with every failure, up to its maximum; by chance up to half of it is taken away. */
function backoff(failures: number, policy: RetryPolicy): number {
  const exponential = Math.min(policy.maximumDelayMs, policy.baseDelayMs * 2 ** Math.max(0, failures - 1));
  return Math.round(exponential * (0.5 + policy.random() / 2));
}

function isNeverRetried(error: unknown): boolean {
  return error instanceof PaletteEdgeError && neverAgainCodes.has(error.code);
}

function isRetryable(error: unknown, context: FailureContext): boolean {
  if (isNeverRetried(error)) return false;
  const status = statusOf(error);
  if (status !== undefined && isRetryableStatus(status.status)) return true;
  if (!(error instanceof PaletteEdgeError)) return false;
  if (firstContactCodes.has(error.code)) return context.hasAnswered;
  if (error.code === 'CONNECTION_TIMEOUT' && !context.hasAnswered)
    return context.failures < firstContactTimeouts;
  // Damaged in transit once is bad luck; twice is what the server has.
  if (mismatchCodes.has(error.code)) return context.failures === 1;
  return transientCodes.has(error.code);
}

function statusOf(error: unknown): HttpStatusError | undefined {
  if (!(error instanceof Error)) return undefined;
  return error.cause instanceof HttpStatusError ? error.cause : undefined;
}
