import { BitWriter } from '../tokens/bit-writer.ts';
import { createMatcher, createMatcherParts } from './create-window-encoder.ts';
import { windowBytes } from './match-window.ts';
import { RecentBytes } from './recent-bytes.ts';
import { requireWithin, unusableRecipe } from './unusable-recipe.ts';
import { zlibWindow } from './zlib-encoder.ts';
import { historySize } from '../deflate-encoder.ts';
import type { DeflateEncoder, DeflateSink, EncoderOptions, EncoderStart } from '../deflate-encoder.ts';
import type { Matcher, MatcherParts } from './matcher.ts';

/** Settings of pigz. */
export interface PigzParameters {
  /** 1–9 (`-1` … `-9`, `--best`). */
  readonly level: number;
  /** Plain bytes of a piece (`-b`, in KiB there): 128 KiB by default. */
  readonly blockSize?: number;
  /** Whether pieces use nothing of those before (`-i`). */
  readonly independent?: boolean;
  /** Whether it had one process (`-p 1`): then pieces go through one window. */
  readonly single?: boolean;
}

const defaultBlockSize = 128 * 1024;
const nothing = new Uint8Array(0);

/**
 * An encoder that writes what pigz writes (docs/gzip-encoders/zlib.md, "pigz").
 *
 * @param options checkpoints are where pieces begin, at all levels; with `single` there are none, and `from` is an error
 * @throws PaletteEdgeError `RECIPE_INVALID` (kind content) for other settings, or a checkpoint that is none of this encoder
 */
export function createPigzEncoder(
  parameters: PigzParameters,
  sink: DeflateSink,
  options: EncoderOptions = {},
): DeflateEncoder {
  return new PigzEncoder(parameters, sink, options);
}

class PigzEncoder implements DeflateEncoder {
  readonly #blockSize: number;
  readonly #independent: boolean;
  readonly #single: boolean;
  readonly #onBlock: EncoderOptions['onBlock'];
  readonly #parts: MatcherParts;
  readonly #matcher: Matcher;
  readonly #recent = new RecentBytes();
  /** Bytes that the current piece still takes. */
  #left: number;
  #plain: number;

  constructor(parameters: PigzParameters, sink: DeflateSink, options: EncoderOptions) {
    const { level, blockSize = defaultBlockSize, independent = false, single = false } = parameters;
    requireWithin('the block size', blockSize, [historySize, 2 ** 40]);
    const bits = options.from?.checkpoint.bits ?? 0;
    this.#parts = createMatcherParts(zlibWindow(level, 8), new BitWriter(sink, bits));
    this.#matcher = createMatcher(this.#parts);
    this.#blockSize = blockSize;
    this.#independent = independent;
    this.#single = single;
    this.#onBlock = options.onBlock;
    this.#left = blockSize;
    this.#plain = options.from?.checkpoint.plain ?? 0;
    if (options.from !== undefined) this.#beginAt(options.from);
  }

  write(plain: Uint8Array): void {
    const { window } = this.#parts;
    for (let from = 0; from < plain.length;) {
      if (this.#left === 0) this.#nextPiece();
      if (window.end === windowBytes) this.#matcher.run();
      const taken = window.append(plain.subarray(from, from + this.#left), 0);
      if (!this.#single) this.#recent.add(plain.subarray(from, from + taken));
      from += taken;
      this.#left -= taken;
      this.#plain += taken;
    }
  }

  finish(): void {
    this.#matcher.finish();
  }

  #beginAt({ checkpoint, history }: EncoderStart): void {
    if (this.#single) throw unusableRecipe('one process of pigz begins at the beginning only');
    if (checkpoint.plain % this.#blockSize !== 0 || checkpoint.bits % 8 !== 0) {
      throw unusableRecipe(`no piece begins after ${checkpoint.plain} bytes, ${checkpoint.bits} bits`);
    }
    this.#recent.add(history);
    this.#restartWindow();
  }

  /** Ends a piece that is not the last. */
  #nextPiece(): void {
    this.#matcher.flush();
    const { writer } = this.#parts;
    if (this.#independent) {
      // A flush for the end of the piece, and one for those who look for independent pieces.
      writer.stored(nothing, false);
      writer.stored(nothing, false);
    } else {
      this.#fillByte();
    }
    if (!this.#single || this.#independent) this.#restartWindow();
    this.#left = this.#blockSize;
    if (!this.#single) this.#onBlock?.({ plain: this.#plain, bits: writer.bits, state: [] });
  }

  /** Empty blocks up to a whole byte: fixed ones of ten bits, which do it when the bits are even, else a stored one. */
  #fillByte(): void {
    const { writer } = this.#parts;
    if (writer.bits % 2 === 1) {
      writer.stored(nothing, false);
      return;
    }
    while (writer.bits % 8 !== 0) writer.empty();
  }

  #restartWindow(): void {
    this.#parts.window.restart(this.#independent ? nothing : this.#recent.bytes);
  }
}
