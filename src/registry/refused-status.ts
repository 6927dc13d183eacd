import { HttpStatusError } from '../http/http-status-error.ts';

/** The status that an error words; undefined when it is about something else. */
export function refusedStatus(error: unknown): number | undefined {
  return error instanceof Error && error.cause instanceof HttpStatusError ? error.cause.status : undefined;
}

/** Whether a registry does not want something, now and later. */
export function isRefusal(error: unknown): boolean {
  const status = refusedStatus(error);
  return status !== undefined && status >= 400 && status < 500 && status !== 429 && status !== 408;
}
