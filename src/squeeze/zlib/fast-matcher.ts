import { farthest } from './match-window.ts';
import { Matcher } from './matcher.ts';

/** Takes each match at once: levels 1–3. */
export class FastMatcher extends Matcher {
  protected override step(): void {
    const { window } = this;
    const { position } = window;
    const length = this.#search();
    let full: boolean;
    if (length < 3) {
      full = this.tokens.literal(window.bytes[position]!);
      window.position = position + 1;
    } else {
      full = this.tokens.match(length, position - window.matchPosition);
      window.position = position + length;
      if (length <= this.level.longEnough && window.position <= this.lastInserted) {
        for (let inner = position + 1; inner < position + length; inner += 1) window.insert(inner);
      }
    }
    if (full && this.tokens.isComplete(position - window.blockStart)) this.endBlock(false);
  }

  protected override drop(): void {
    // Nothing waits.
  }

  #search(): number {
    const { window } = this;
    const { position } = window;
    const head = position <= this.lastInserted ? window.insert(position) : 0;
    if (head === 0 || position - head > farthest) return 0;
    const nice = this.readsPastEnd ? this.level.nice : Math.min(this.level.nice, window.ahead);
    return Math.min(window.longestMatch(head, 2, nice), window.ahead);
  }
}
