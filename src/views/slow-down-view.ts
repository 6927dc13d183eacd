import { durationText } from '../io/duration-text.ts';
import type { RetryEvent } from '../registry/registry-transport.ts';
import { countOf } from './count-of.ts';

/** That a registry wants fewer requests: one line, or undefined when the wait is not of its asking. */
export function slowDownView({ registry, delayMs, slowDown }: RetryEvent): string | undefined {
  if (slowDown === undefined) return undefined;
  const requests = countOf(slowDown.concurrency, 'request');
  return `${registry} asked to slow down: waiting ${durationText(delayMs / 1000)}, then ${requests} at a time`;
}
