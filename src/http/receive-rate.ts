import { setTimeout as wait } from 'node:timers/promises';

/** The parts of a {@link ReceiveRate} that tests replace. */
export interface ReceiveRateOptions {
  /** At least 1. */
  readonly bytesPerSecond: number;
  /** The time in milliseconds, of any one clock. */
  readonly now?: () => number;
  readonly sleep?: (milliseconds: number, signal: AbortSignal | undefined) => Promise<void>;
}

/** What may come at once after a pause: enough to even out late timers, too little to be seen in any second. */
const burstMs = 50;
const piecesPerSecond = 20;
const smallestPiece = 1024;

/**
 * One limit for all bodies that are read side by side. Who has read bytes waits until they are paid for before reading
 * on, in the order of arrival: so every body gets its share, and a body that waits is not read, which slows its server.
 */
export class ReceiveRate {
  /** Bytes that are to be taken at a time: with larger ones a slow rate would come in jumps. */
  readonly pieceBytes: number;
  readonly #msPerByte: number;
  readonly #now: () => number;
  readonly #sleep: (milliseconds: number, signal: AbortSignal | undefined) => Promise<void>;
  #paidUntil = -Infinity;

  constructor(options: ReceiveRateOptions) {
    this.#msPerByte = 1000 / options.bytesPerSecond;
    this.pieceBytes = Math.max(smallestPiece, Math.floor(options.bytesPerSecond / piecesPerSecond));
    this.#now = options.now ?? (() => performance.now());
    this.#sleep = options.sleep ?? sleepFor;
  }

  /**
   * Waits until the rate allows these bytes, too.
   *
   * @throws the signal's reason when aborted; the bytes count all the same: they have been received
   */
  async take(bytes: number, signal: AbortSignal | undefined): Promise<void> {
    const now = this.#now();
    this.#paidUntil = Math.max(this.#paidUntil, now - burstMs) + bytes * this.#msPerByte;
    const delayMs = this.#paidUntil - now;
    if (delayMs > 0) await this.#sleep(delayMs, signal);
  }
}

async function sleepFor(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await wait(milliseconds, undefined, { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
