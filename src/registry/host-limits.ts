import { HostPlaces } from './host-places.ts';

/** How many requests each registry serves us at a time. A place is held from before the request to the end of the body. */
export class HostLimits {
  readonly #concurrency: number;
  readonly #places = new Map<string, HostPlaces>();

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
    return await this.#of(host).acquire(signal);
  }

  /** As {@link acquire}, but only when a place is free now and nobody waits for it. */
  tryAcquire(host: string): (() => void) | undefined {
    return this.#of(host).tryAcquire();
  }

  #of(host: string): HostPlaces {
    const known = this.#places.get(host);
    if (known !== undefined) return known;
    const places = new HostPlaces(() => this.#concurrency);
    this.#places.set(host, places);
    return places;
  }
}
