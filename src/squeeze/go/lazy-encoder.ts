import { historySize } from '../deflate-encoder.ts';
import type { DeflateEncoder, EncoderCheckpoint, EncoderOptions, EncoderStart } from '../deflate-encoder.ts';
import type { BitWriter } from '../tokens/bit-writer.ts';
import { BlockWriter, matchToken } from './block-writer.ts';
import type { ChainLimits } from './chain-window.ts';
import { ChainWindow, windowSize } from './chain-window.ts';
import { invalidStart } from './invalid-start.ts';
import { TokenBlocks } from './token-blocks.ts';

/** The settings of levels 4 to 9. */
export interface LazyLimits extends ChainLimits {
  /** After a match of so many bytes there is no search for a better one. */
  readonly lazy: number;
}

/** Levels 4 to 9 (docs/gzip-encoders/go.md, Lazy). */
export class LazyEncoder implements DeflateEncoder {
  readonly #output: BitWriter;
  readonly #writer: BlockWriter;
  readonly #window: ChainWindow;
  readonly #blocks: TokenBlocks;
  readonly #lazy: number;
  readonly #onBlock: EncoderOptions['onBlock'];
  /** The byte before the position has no token yet; the window's match is the one there. */
  #waiting = false;
  /** Where the history begins that is not inserted yet: the bytes behind it are needed for that. */
  #history: number | undefined;

  constructor(limits: LazyLimits, output: BitWriter, options: EncoderOptions) {
    this.#output = output;
    this.#writer = new BlockWriter(output);
    this.#window = new ChainWindow(limits);
    this.#blocks = new TokenBlocks(this.#window, this.#writer);
    this.#lazy = limits.lazy;
    this.#onBlock = options.onBlock;
    if (options.from !== undefined) this.#goOn(options.from);
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
    if (this.#waiting) this.#blocks.add(this.#window.plain[this.#window.position - 1]!);
    this.#waiting = false;
    this.#window.length = 3;
    this.#writeBlock();
    this.#writer.finish();
  }

  #encode(): void {
    const window = this.#window;
    const blocks = this.#blocks;
    const lazy = this.#lazy;
    while (window.begin()) {
      if (this.#history !== undefined) this.#insertHistory(this.#history);
      const { position, length, distance } = window;
      window.look(length < lazy && window.end - position > length);
      if (length > 3 && window.length <= length) {
        blocks.add(matchToken(length, distance));
        window.insert(position + 1, position + length - 1);
        window.position = position + length - 1;
        window.length = 3;
        this.#waiting = false;
      } else {
        if (this.#waiting) blocks.add(window.plain[position - 1]!);
        window.position = position + 1;
        this.#waiting = true;
      }
      if (blocks.full) this.#writeBlock();
    }
  }

  #writeBlock(): void {
    const { position, start, length, distance, origin } = this.#window;
    const waiting = this.#waiting ? 1 : 0;
    if (!this.#blocks.write(position - waiting)) return;
    this.#onBlock?.({
      plain: origin + position - waiting,
      bits: this.#output.position,
      state: [position - start, waiting, length, length > 3 ? distance : 0],
    });
  }

  #insertHistory(from: number): void {
    this.#history = undefined;
    this.#window.insert(from, this.#window.position);
  }

  #goOn({ checkpoint, history }: EncoderStart): void {
    const { position, waiting, length, distance } = parseState(checkpoint);
    const window = this.#window;
    const begin = position - waiting;
    // What is before the window is out of reach.
    const reached = history.subarray(Math.max(0, history.length - begin));
    window.plain.set(reached, begin - reached.length);
    window.end = begin;
    window.position = position;
    window.origin = checkpoint.plain - begin;
    window.length = length;
    window.distance = distance;
    this.#waiting = waiting === 1;
    this.#history = begin - reached.length;
    this.#blocks.beginAt(begin);
  }
}

interface LazyState {
  /** From the window's beginning. */
  readonly position: number;
  readonly waiting: number;
  readonly length: number;
  readonly distance: number;
}

function parseState({ plain, state }: EncoderCheckpoint): LazyState {
  const [position, waiting, length, distance] = state;
  const valid =
    isBetween(waiting, 0, 1) &&
    isBetween(position, waiting, windowSize) &&
    isBetween(length, 3, 258) &&
    isBetween(distance, length > 3 ? 1 : 0, historySize);
  if (!valid) throw invalidStart(`state ${state.join(', ')} at byte ${plain}`);
  return { position, waiting, length, distance };
}

function isBetween(value: number | undefined, least: number, most: number): value is number {
  return value !== undefined && Number.isInteger(value) && value >= least && value <= most;
}
