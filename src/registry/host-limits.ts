import type { RateLimit } from './host-rate-limit.ts';
import { HostState } from './host-state.ts';
import type { HostOptions } from './host-state.ts';

/** What is known of the hosts of registries, by their origins: at one port there may be one for each scheme. */
export class HostLimits {
  readonly #concurrency: number;
  readonly #options: HostOptions;
  readonly #hosts = new Map<string, HostState>();

  /** @param concurrencyPerHost requests at a time to begin with, and at most */
  constructor(concurrencyPerHost: number, options: HostOptions = {}) {
    this.#concurrency = concurrencyPerHost;
    this.#options = options;
  }

  /**
   * The state of a host; the same object every time.
   *
   * @param registry what it is called in messages
   */
  of(origin: string, registry: string): HostState {
    const known = this.#hosts.get(origin);
    if (known !== undefined) return known;
    const host = new HostState(registry, this.#concurrency, this.#options);
    this.#hosts.set(origin, host);
    return host;
  }

  /** How many pulls are left, of the registries that told, by the name they go by in references. */
  rateLimits(): ReadonlyMap<string, RateLimit> {
    const told = new Map<string, RateLimit>();
    for (const { registry, rateLimit } of this.#hosts.values()) {
      if (rateLimit !== undefined) told.set(registry, rateLimit);
    }
    return told;
  }
}
