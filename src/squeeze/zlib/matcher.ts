import { windowBytes, enoughAhead, movesFrom } from './match-window.ts';
import type { BlockWriter } from './block-writer.ts';
import type { CompressionLevel } from './compression-level.ts';
import type { MatchWindow } from './match-window.ts';
import type { TokenBlock } from './token-block.ts';

/** What a matcher works with. */
export interface MatcherParts {
  readonly level: CompressionLevel;
  readonly window: MatchWindow;
  readonly tokens: TokenBlock;
  readonly writer: BlockWriter;
  /**
   * GNU gzip's ways at the end of the plain bytes: what is behind the end takes part in hashes and comparisons, and the window no
   * longer moves, so that positions near its end are not searched.
   */
  readonly readsPastEnd: boolean;
}

/** Makes tokens of the bytes in a window, and blocks of the tokens. Subclasses say which tokens. */
export abstract class Matcher {
  protected readonly window: MatchWindow;
  protected readonly tokens: TokenBlock;
  protected readonly level: CompressionLevel;
  protected readonly readsPastEnd: boolean;
  /** The last position that is inserted, and at which matches are looked for. */
  protected lastInserted = 0;
  readonly #writer: BlockWriter;
  #atEnd = false;

  constructor(parts: MatcherParts) {
    this.level = parts.level;
    this.window = parts.window;
    this.tokens = parts.tokens;
    this.readsPastEnd = parts.readsPastEnd;
    this.#writer = parts.writer;
  }

  protected get bits(): number {
    return this.#writer.bits;
  }

  /** Goes on until the window wants more bytes. To be called when it is full. */
  run(): void {
    const { window } = this;
    this.#begin();
    while (window.ahead >= enoughAhead) this.step();
    this.#wantMore();
  }

  /** Goes on to the end of what is there, and ends the block when anything is in it. */
  flush(): void {
    this.#drain();
    if (this.tokens.count > 0) this.endBlock(false);
    this.window.uninserted = Math.min(2, this.window.position);
  }

  /** Goes on to the end of the stream. */
  finish(): void {
    this.#drain();
    this.endBlock(true);
    this.#writer.finish();
  }

  protected abstract step(): void;
  /** Adds the token that waits, if one does. */
  protected abstract drop(): void;

  protected endBlock(final: boolean): void {
    const { window } = this;
    const { blockStart, position } = window;
    const length = position - blockStart;
    const plain =
      blockStart < 0 ? { length } : { length, bytes: window.bytes.subarray(blockStart, position) };
    this.#writer.write(this.tokens, plain, final);
    window.blockStart = position;
  }

  #begin(): void {
    this.window.insertRest();
    this.lastInserted = this.readsPastEnd ? windowBytes : this.window.end - 3;
  }

  #drain(): void {
    const { window } = this;
    this.#begin();
    while (window.ahead > 0) {
      if (window.ahead < enoughAhead) this.#wantMore();
      if (window.ahead < enoughAhead && this.readsPastEnd) this.#reachEnd();
      this.step();
    }
    this.drop();
  }

  #wantMore(): void {
    if (this.window.position < movesFrom || this.#atEnd) return;
    this.window.move();
    if (!this.readsPastEnd) this.lastInserted = this.window.end - 3;
  }

  #reachEnd(): void {
    if (this.#atEnd) return;
    this.#atEnd = true;
    this.lastInserted = movesFrom;
    this.window.bytes.fill(0, this.window.end, this.window.end + 2);
  }
}
