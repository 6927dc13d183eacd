import { farthest, windowBytes, windowSize } from './match-window.ts';
import { Matcher } from './matcher.ts';
import { requireWithin, unusableRecipe } from './unusable-recipe.ts';
import { historySize } from '../deflate-encoder.ts';
import type { EncoderCheckpoint, EncoderOptions, EncoderStart } from '../deflate-encoder.ts';
import type { MatcherParts } from './matcher.ts';

/** Farther away, a match of three bytes is worth less than three literals. */
const tooFarForThree = 4096;

/** Lets each match wait for a longer one at the next position: levels 4–9. */
export class LazyMatcher extends Matcher {
  /** The match at the position before; 2 for none. */
  #length = 2;
  #distance = 0;
  /** Whether the byte before is in no token yet. */
  #waiting = false;
  readonly #onBlock: ((checkpoint: EncoderCheckpoint) => void) | undefined;

  /** @throws PaletteEdgeError `RECIPE_INVALID` (kind content) for a start that is none of this matcher */
  constructor(parts: MatcherParts, options: EncoderOptions = {}) {
    super(parts);
    this.#onBlock = options.onBlock;
    if (options.from !== undefined) this.#beginAt(options.from);
  }

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

  protected override endBlock(final: boolean): void {
    super.endBlock(final);
    const { before, position } = this.window;
    // Near the beginning of a window that has moved, it holds fewer bytes before than a start in the middle gets.
    if (final || this.#onBlock === undefined || (before > 0 && position < windowSize)) return;
    const match = this.#length < 3 ? [2, 0] : [this.#length, this.#distance];
    const state = [this.#waiting ? 1 : 0, ...match, position];
    this.#onBlock({ plain: before + position, bits: this.bits, state });
  }

  #beginAt({ checkpoint, history }: EncoderStart): void {
    const [waiting = -1, length = 0, distance = -1, position = -1] = checkpoint.state;
    const { plain } = checkpoint;
    requireWithin('whether a byte waits', waiting, [0, 1]);
    requireWithin('the length of a match', length, [2, 258]);
    requireWithin('the distance of a match', distance, [0, farthest]);
    requireWithin('the position in the window', position, [Math.min(plain, windowSize), windowBytes]);
    if ((plain - position) % windowSize !== 0 || plain < position) {
      throw unusableRecipe(`position ${position} of the window after ${plain} bytes`);
    }
    if (history.length !== Math.min(plain, historySize)) {
      throw unusableRecipe(`${history.length} bytes of history after ${plain} bytes`);
    }
    this.window.resume(history, { position, before: plain - position, waiting: waiting === 1 });
    this.#waiting = waiting === 1;
    this.#length = length;
    this.#distance = distance;
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
