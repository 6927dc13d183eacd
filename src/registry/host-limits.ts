import pLimit from 'p-limit';
import type { LimitFunction } from 'p-limit';

/**
 * How many requests each registry serves us at a time. A place is held from before the request to the end of the
 * body. The one place to make limits adaptive: a host that answers 429 gets fewer.
 */
export class HostLimits {
  readonly #concurrency: number;
  readonly #limits = new Map<string, LimitFunction>();

  constructor(concurrencyPerHost: number) {
    this.#concurrency = concurrencyPerHost;
  }

  /**
   * Waits for a free place.
   *
   * @returns what gives the place back; calling it again does nothing
   * @throws the signal's reason when it was aborted meanwhile
   */
  async acquire(host: string, signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted();
    const granted = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    void this.#limit(host)(async () => {
      granted.resolve();
      await released.promise;
    });
    const abort = (): void => {
      granted.reject(signal?.reason);
      released.resolve();
    };
    signal?.addEventListener('abort', abort, { once: true });
    try {
      await granted.promise;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
    return () => released.resolve();
  }

  #limit(host: string): LimitFunction {
    const known = this.#limits.get(host);
    if (known !== undefined) return known;
    const limit = pLimit(this.#concurrency);
    this.#limits.set(host, limit);
    return limit;
  }
}
