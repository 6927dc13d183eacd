import { transferText } from '../views/transfer-text.ts';
import type { Progress } from './progress.ts';
import { TransferRate } from './transfer-rate.ts';

const intervalMs = 10_000;

interface Phase {
  readonly label: string;
  readonly total: number;
  readonly startedAt: number;
  readonly rate: TransferRate;
  done: number;
  shownAt: number;
}

/** Progress for logs and pipes: a plain line every ten seconds and one at the end of each phase. */
export class ProgressLines implements Progress {
  readonly #write: (line: string) => void;
  readonly #now: () => number;
  #phase: Phase | undefined;

  /** @param now milliseconds of a clock */
  constructor(write: (line: string) => void, now: () => number = () => performance.now()) {
    this.#write = write;
    this.#now = now;
  }

  tell(text: string): void {
    this.#write(text);
  }

  warn(text: string): void {
    this.tell(text);
  }

  startPhase(label: string, total: number): void {
    this.close();
    const startedAt = this.#now();
    this.#phase = { label, total, startedAt, rate: new TransferRate(startedAt), done: 0, shownAt: startedAt };
  }

  advance(count: number): void {
    const phase = this.#phase;
    if (phase === undefined) return;
    const now = this.#now();
    phase.done += count;
    phase.rate.add(count, now);
    if (now - phase.shownAt < intervalMs) return;
    phase.shownAt = now;
    const { label, done, total } = phase;
    this.#write(`${label}: ${transferText({ done, total, perSecond: phase.rate.perSecond(now) })}`);
  }

  startItem(): void {
    // A line for each blob would be too many.
  }

  advanceItem(): void {
    // As above.
  }

  endItem(): void {
    // As above.
  }

  close(): void {
    const phase = this.#phase;
    this.#phase = undefined;
    if (phase === undefined || phase.total === 0) return;
    const seconds = (this.#now() - phase.startedAt) / 1000;
    const { label, done, total } = phase;
    this.#write(`${label}: ${transferText({ done, total, seconds })}`);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
