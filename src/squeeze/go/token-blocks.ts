import type { BlockWriter } from './block-writer.ts';
import { mostStored } from './block-writer.ts';
import type { ChainWindow } from './chain-window.ts';

const mostTokens = 16_384;

/** Collects the tokens of levels 2 to 9, and writes a block of them when there are enough. */
export class TokenBlocks {
  readonly #tokens = new Int32Array(mostTokens);
  #count = 0;
  /** Where the block begins, as a position of the window's bytes. */
  #start = 0;
  readonly #window: ChainWindow;
  readonly #writer: BlockWriter;

  constructor(window: ChainWindow, writer: BlockWriter) {
    this.#window = window;
    this.#writer = writer;
  }

  add(token: number): void {
    this.#tokens[this.#count++] = token;
  }

  get full(): boolean {
    return this.#count === mostTokens;
  }

  /** Begins the first block there. */
  beginAt(position: number): void {
    this.#start = position;
  }

  /** Drops bytes before the window, which has no room. */
  slide(): void {
    this.#start -= this.#window.slide();
  }

  /** Writes the block that ends before this position, if it has tokens. @returns whether it has */
  write(end: number): boolean {
    if (this.#count === 0) return false;
    const start = this.#start;
    const storable = start >= this.#window.start && end - start <= mostStored;
    const plain = storable ? this.#window.plain.subarray(start, end) : undefined;
    this.#writer.writeSmallest(this.#tokens.subarray(0, this.#count), plain);
    this.#count = 0;
    this.#start = end;
    return true;
  }
}
