import type { DeflateEncoder } from '../deflate-encoder.ts';
import { matchToken } from './block-writer.ts';
import type { BlockWriter } from './block-writer.ts';
import type { ChainLimits } from './chain-window.ts';
import { ChainWindow } from './chain-window.ts';
import { TokenBlocks } from './token-blocks.ts';

/** The settings of levels 2 and 3. */
export interface GreedyLimits extends ChainLimits {
  /** The longest match of which every position is inserted. */
  readonly insert: number;
}

/** Levels 2 and 3 (docs/gzip-encoders/go.md, Greedy). */
export class GreedyEncoder implements DeflateEncoder {
  readonly #window: ChainWindow;
  readonly #blocks: TokenBlocks;
  readonly #writer: BlockWriter;
  readonly #insert: number;

  constructor(limits: GreedyLimits, writer: BlockWriter) {
    this.#window = new ChainWindow(limits);
    this.#blocks = new TokenBlocks(this.#window, writer);
    this.#writer = writer;
    this.#insert = limits.insert;
  }

  write(plain: Uint8Array): void {
    for (let done = 0; done < plain.length;) {
      if (this.#window.full) this.#blocks.slide();
      done += this.#window.fill(plain.subarray(done));
      this.#encode();
    }
  }

  finish(): void {
    this.#window.ended = true;
    this.#encode();
    this.#blocks.write(this.#window.position);
    this.#writer.finish();
  }

  #encode(): void {
    const window = this.#window;
    const blocks = this.#blocks;
    while (window.begin()) {
      const { position } = window;
      window.look(true);
      const { length } = window;
      if (length > 3) {
        blocks.add(matchToken(length, window.distance));
        window.position = position + length;
        if (length <= this.#insert) window.insert(position + 1, position + length);
      } else {
        blocks.add(window.plain[position]!);
        window.position = position + 1;
      }
      if (blocks.full) blocks.write(window.position);
    }
  }
}
