import { durationText } from '../io/duration-text.ts';

/** What is going to be tried again, why, and when. */
export function retryView(retry: {
  readonly subject: string;
  readonly delayMs: number;
  readonly error: unknown;
}): string {
  const { subject, delayMs, error } = retry;
  const reason = error instanceof Error ? error.message : String(error);
  const what = reason.includes(subject) ? reason : `${subject}: ${reason}`;
  return `${what}; trying again in ${durationText(delayMs / 1000)}`;
}
