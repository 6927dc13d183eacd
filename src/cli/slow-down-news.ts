import type { RetryEvent } from '../registry/registry-transport.ts';

/** Below this another wait is not worth a line. */
const shortWaitMs = 5000;

/**
 * Tells which retries are worth a line. A registry that asks to slow down tells every request, again and again: told once, and when
 * it gets twice as long.
 */
export function slowDownNews(): (retry: RetryEvent) => boolean {
  const told = new Map<string, number>();
  return ({ registry, delayMs, slowDown }) => {
    if (slowDown === undefined) return true;
    const before = told.get(registry);
    if (before !== undefined && (delayMs < shortWaitMs || delayMs < before * 2)) return false;
    told.set(registry, delayMs);
    return true;
  };
}
