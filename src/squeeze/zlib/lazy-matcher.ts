import { farthest } from './match-window.ts';
import { Matcher } from './matcher.ts';

/** Farther away, a match of three bytes is worth less than three literals. */
const tooFarForThree = 4096;

/** Lets each match wait for a longer one at the next position: levels 4–9. */
export class LazyMatcher extends Matcher {
  /** The match at the position before; 2 for none. */
  #length = 2;
  #distance = 0;
  /** Whether the byte before is in no token yet. */
  #waiting = false;

  protected override step(): void {
    const { window } = this;
    const knownLength = this.#length;
    const knownDistance = this.#distance;
    this.#search(knownLength);
    if (knownLength >= 3 && this.#length <= knownLength) {
      this.#take(knownLength, knownDistance);
    } else if (this.#waiting) {
      const { position } = window;
      const full = this.tokens.literal(window.bytes[position - 1]!);
      if (full && this.tokens.isComplete(position - window.blockStart)) this.endBlock(false);
      window.position = position + 1;
    } else {
      this.#waiting = true;
      window.position += 1;
    }
  }

  protected override drop(): void {
    if (this.#waiting) this.tokens.literal(this.window.bytes[this.window.position - 1]!);
    this.#waiting = false;
  }

  #search(known: number): void {
    const { window, level } = this;
    const { position } = window;
    this.#length = 2;
    const head = position <= this.lastInserted ? window.insert(position) : 0;
    if (head === 0 || known >= level.longEnough || position - head > farthest) return;
    const { ahead } = window;
    const nice = this.readsPastEnd || level.nice < ahead ? level.nice : ahead;
    const found = window.longestMatch(head, known, nice);
    const length = found < ahead ? found : ahead;
    const distance = position - window.matchPosition;
    if (length === 3 && distance > tooFarForThree) return;
    this.#length = length;
    this.#distance = distance;
  }

  /** Takes the match at the position before. */
  #take(length: number, distance: number): void {
    const { window, lastInserted } = this;
    const { position } = window;
    const full = this.tokens.match(length, distance);
    const end = position + length - 1;
    const insertEnd = end <= lastInserted ? end : lastInserted + 1;
    for (let inner = position + 1; inner < insertEnd; inner += 1) window.insert(inner);
    window.position = end;
    this.#length = 2;
    this.#waiting = false;
    // GNU gzip asks before it has gone on to the end of the match.
    if (full && this.tokens.isComplete(position - window.blockStart)) this.endBlock(false);
  }
}
