import { PaletteEdgeError } from '../errors.ts';

/** A host that is down is asked again after this, by one request. */
const defaultRestMs = 30_000;

/**
 * Remembers that a host does not answer, so that it costs the one who found out and nobody else: who comes after fails at
 * once. After a rest one request is let through; an answer to it, or to any other under way, and the host is up again.
 */
export class HostBreaker {
  readonly #now: () => number;
  #failures = 0;
  #down: { error: PaletteEdgeError; until: number } | undefined;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Connection failures since the last answer, of all requests. */
  get failures(): number {
    return this.#failures;
  }

  /** Whether a request that asked now would be refused. */
  get isDown(): boolean {
    return this.#down !== undefined && this.#now() < this.#down.until;
  }

  answered(): void {
    this.#failures = 0;
    this.#down = undefined;
  }

  failed(): void {
    this.#failures += 1;
  }

  /**
   * Marks the host as down.
   *
   * @param error what those get who ask for it
   */
  trip(error: PaletteEdgeError, restMs = defaultRestMs): void {
    this.#down = { error, until: this.#now() + restMs };
  }

  /**
   * To be called before a request.
   *
   * @throws PaletteEdgeError that with which the host was marked as down, worded for those who come after
   */
  check(): void {
    if (this.#down === undefined) return;
    const { error, until } = this.#down;
    if (this.#now() >= until) {
      // This one asks; others go on being refused until it knows.
      this.#down.until = this.#now() + defaultRestMs;
      return;
    }
    const { code, message, kind, suggestions } = error;
    throw new PaletteEdgeError(code, `${message}; it was not asked again`, {
      kind,
      cause: error,
      suggestions,
    });
  }
}
