import type { PaletteEdgeError } from '../errors.ts';

/** A mirror that fails is asked last for so long. */
const restMs = 30_000;

/** Whether a mirror is worth asking before the registry that it stands in for. */
export class MirrorHealth {
  readonly #now: () => number;
  #restsUntil = -Infinity;

  /** @param now the time in milliseconds from any fixed moment */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Whether it failed lately. */
  get isResting(): boolean {
    return this.#now() < this.#restsUntil;
  }

  /** Takes note of a failure. That something is not there, or not for us, is an answer of a mirror that is well. */
  failed({ kind }: PaletteEdgeError): void {
    if (kind === 'network') this.#restsUntil = this.#now() + restMs;
  }
}
