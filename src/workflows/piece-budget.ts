/** What anybody may hold, in bytes. */
export const leastPiece = 128 * 1024;

/** Shares out how large pieces many readers may hold at a time: the fewer they are, the larger. */
export class PieceBudget {
  readonly #bytes: number;
  #readers = 0;
  #held = 0;

  /** @param bytes of all pieces together, but for {@link leastPiece} of each reader */
  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  /** Adds a reader, which holds one piece at a time, until it leaves or the signal is aborted. */
  join(signal: AbortSignal | undefined): PieceShare {
    let piece = 0;
    let isIn = true;
    const leave = (): void => {
      if (!isIn) return;
      isIn = false;
      this.#readers -= 1;
      this.#held -= piece;
      piece = 0;
      signal?.removeEventListener('abort', leave);
    };
    this.#readers += 1;
    // Who is gone may never come to the end of what it reads.
    signal?.addEventListener('abort', leave, { once: true });
    return {
      take: (wanted) => {
        // Who left holds nothing that counts, and may still ask.
        if (!isIn) return Math.min(wanted, leastPiece);
        this.#held -= piece;
        piece = Math.min(wanted, Math.max(leastPiece, this.#largest()));
        this.#held += piece;
        return piece;
      },
      leave,
    };
  }

  /** Readers that came when there were fewer may hold more than their share now. */
  #largest(): number {
    return Math.floor(Math.min(this.#bytes / this.#readers, this.#bytes - this.#held));
  }
}

/** The part of one reader. */
export interface PieceShare {
  /** How many bytes the next piece may have, at most `wanted`. The one before is not held any more. */
  readonly take: (wanted: number) => number;
  readonly leave: () => void;
}
