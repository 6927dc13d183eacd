import type { RestorePart } from './restore-plan.ts';
import type { SharedPieces } from './shared-pieces.ts';
import type { SqueezeNews } from './squeeze-job.ts';
import type { ThreadJob } from './squeeze-thread.ts';

/** What a run tells whoever restores the file. */
export interface PartRunListener {
  /** A run goes on, or has failed. */
  changed(failure?: unknown): void;
}

/** A part that is being restored. */
export class PartRun {
  readonly part: RestorePart;
  /** Whether its last byte is also the first one of the next part. */
  readonly sharesLastByte: boolean;
  readonly #job: ThreadJob;
  readonly #pieces: SharedPieces;
  readonly #listener: PartRunListener;
  readonly #output: Uint8Array<ArrayBuffer>[] = [];
  #outputSize = 0;
  #inFlight = 0;
  #finishing = false;
  #done = false;

  constructor(
    part: RestorePart,
    job: ThreadJob,
    shared: { pieces: SharedPieces; listener: PartRunListener },
  ) {
    this.part = part;
    this.#job = job;
    this.#pieces = shared.pieces;
    this.#listener = shared.listener;
    const last = part.items.at(-1);
    this.sharesLastByte = last?.kind === 'stream' && (last.endBit ?? 0) % 8 > 0;
  }

  /** Whether all its bytes are there. */
  get done(): boolean {
    return this.#done;
  }

  /** Bytes it holds: plain ones on their way, and those that nobody took. */
  get held(): number {
    return this.#inFlight + this.#outputSize;
  }

  /** Sends what it needs of a piece of the plain bytes, which is at that position; after the last it is ended. */
  send(piece: Uint8Array, position: number): void {
    const { start, end } = this.part;
    const wanted = piece.subarray(Math.max(0, start - position), Math.max(0, end - position));
    if (wanted.length > 0) this.#write(wanted);
    if (position + piece.length >= end && !this.#finishing) {
      this.#finishing = true;
      this.#follow(this.#job.finish(), () => {
        this.#done = true;
        this.#job.drop();
      });
    }
  }

  /** The next bytes, or undefined when there are none yet. */
  take(): Uint8Array<ArrayBuffer> | undefined {
    const piece = this.#output.shift();
    this.#outputSize -= piece?.length ?? 0;
    return piece;
  }

  drop(): void {
    this.#job.drop();
  }

  #write(bytes: Uint8Array): void {
    const piece = this.#pieces.copy(bytes);
    this.#inFlight += piece.length;
    this.#follow(this.#job.write(piece), () => {
      this.#inFlight -= piece.length;
      this.#pieces.giveBack(piece);
    });
  }

  #follow(answer: Promise<SqueezeNews>, then: () => void): void {
    void this.#take(answer, then).catch((error: unknown) => this.#listener.changed(error));
  }

  async #take(answer: Promise<SqueezeNews>, then: () => void): Promise<void> {
    for (const piece of (await answer).output) {
      this.#output.push(piece);
      this.#outputSize += piece.length;
    }
    then();
    this.#listener.changed();
  }
}
