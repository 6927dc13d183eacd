/** The `cause` of an error that stands for an HTTP answer: what the retry policy needs to know of it. */
export class HttpStatusError extends Error {
  readonly status: number;
  /** The `Retry-After` header as sent: seconds or an HTTP date. */
  readonly retryAfter: string | undefined;

  constructor(status: number, retryAfter?: string) {
    super(`HTTP status ${status}`);
    this.name = 'HttpStatusError';
    this.status = status;
    this.retryAfter = retryAfter;
  }
}
