import type { RateLimit } from './host-rate-limit.ts';
import { HostState } from './host-state.ts';
import type { HostOptions } from './host-state.ts';

/** What is known of each registry, by the name it goes by in references. */
export class HostLimits {
  readonly #concurrency: number;
  readonly #options: HostOptions;
  readonly #hosts = new Map<string, HostState>();

  /** @param concurrencyPerHost requests at a time to begin with, and at most */
  constructor(concurrencyPerHost: number, options: HostOptions = {}) {
    this.#concurrency = concurrencyPerHost;
    this.#options = options;
  }

  /** The state of a registry; the same object every time. */
  of(registry: string): HostState {
    const known = this.#hosts.get(registry);
    if (known !== undefined) return known;
    const host = new HostState(registry, this.#concurrency, this.#options);
    this.#hosts.set(registry, host);
    return host;
  }

  /** How many pulls are left, of the registries that told. */
  rateLimits(): ReadonlyMap<string, RateLimit> {
    const told = new Map<string, RateLimit>();
    for (const [registry, { rateLimit }] of this.#hosts) {
      if (rateLimit !== undefined) told.set(registry, rateLimit);
    }
    return told;
  }
}
