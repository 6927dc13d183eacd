interface Waiting {
  readonly grant: () => void;
}

/**
 * Places for requests to one host: first come, first served, up to a limit that may move. When it falls, nobody loses a
 * place; the next ones are given out once enough came back.
 */
export class HostPlaces {
  readonly #limit: () => number;
  /** Those who lent their place out: before those who have none yet. */
  readonly #returning = new Set<Waiting>();
  readonly #queue = new Set<Waiting>();
  #taken = 0;

  constructor(limit: () => number) {
    this.#limit = limit;
  }

  /**
   * Waits for a free place.
   *
   * @returns what gives the place back; calling it again does nothing
   * @throws the signal's reason when it was aborted meanwhile
   */
  async acquire(signal?: AbortSignal): Promise<() => void> {
    await this.#enter(this.#queue, signal);
    return this.#releaseOnce();
  }

  /** As {@link acquire}, but only when a place is free now and nobody waits for it. */
  tryAcquire(): (() => void) | undefined {
    const isWaitedFor = this.#queue.size > 0 || this.#returning.size > 0;
    if (isWaitedFor || this.#taken >= this.#limit()) return undefined;
    this.#taken += 1;
    return this.#releaseOnce();
  }

  /**
   * Lends out the place of an operation while it waits, and then waits to have one again, before those who have none
   * yet. After a fall of the limit this is what makes it felt: those who failed come back one by one.
   *
   * @throws what `wait` throws; the operation then has its place again, whatever the limit, to give it back
   */
  async lendWhile(wait: () => Promise<void>, signal?: AbortSignal): Promise<void> {
    this.#leave();
    try {
      await wait();
      await this.#enter(this.#returning, signal);
    } catch (error) {
      this.#taken += 1;
      throw error;
    }
  }

  /** To be called when the limit has grown. */
  refresh(): void {
    for (const queue of [this.#returning, this.#queue]) {
      for (const waiting of queue) {
        if (this.#taken >= this.#limit()) return;
        queue.delete(waiting);
        this.#taken += 1;
        waiting.grant();
      }
    }
  }

  async #enter(queue: Set<Waiting>, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting: Waiting = { grant: resolve };
    const abort = (): void => {
      if (queue.delete(waiting)) reject(signal?.reason);
    };
    signal?.addEventListener('abort', abort, { once: true });
    queue.add(waiting);
    this.refresh();
    try {
      await promise;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  #leave(): void {
    this.#taken -= 1;
    this.refresh();
  }

  #releaseOnce(): () => void {
    let isReleased = false;
    return () => {
      if (isReleased) return;
      isReleased = true;
      this.#leave();
    };
  }
}
