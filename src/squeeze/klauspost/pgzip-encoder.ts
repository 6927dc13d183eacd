import type { DeflateEncoder, DeflateSink, EncoderOptions } from '../deflate-encoder.ts';
import type { KlauspostGeneration } from './klauspost-generation.ts';
import { createWindowEncoder } from './create-window-encoder.ts';

/** What pgzip takes as the dictionary of a block: the end of the block before. */
export const pgzipDictionarySize = 16_384;

/** How pgzip writes a stream. */
export interface PgzipParameters {
  /** One of {@link klauspostLevels}. pgzip's default −1 is 5. */
  readonly level: number;
  /** Plain bytes in a block, more than 16,384: 1 MiB, or 256 KiB in older umoci. */
  readonly blockSize: number;
  readonly generation: KlauspostGeneration;
}

/**
 * Writes as klauspost/pgzip does: blocks with the end of the block before as a dictionary, each ended by a sync marker; after the
 * last one, which may be empty, an empty last block. A checkpoint is the beginning of a block; it needs no state but its history,
 * so blocks can be written on several processors.
 *
 * @throws RangeError when the level is not one that can be written, or the block size none of pgzip's
 */
export function createPgzipEncoder(
  parameters: PgzipParameters,
  sink: DeflateSink,
  options: EncoderOptions = {},
): DeflateEncoder {
  return new PgzipEncoder(parameters, sink, options);
}

class PgzipEncoder implements DeflateEncoder {
  readonly #encoder: ReturnType<typeof createWindowEncoder>;
  readonly #options: EncoderOptions;
  readonly #blockSize: number;
  readonly #tail = new Uint8Array(pgzipDictionarySize);
  readonly #bitsBefore: number;
  /** Plain bytes before this block. */
  #blockStart: number;
  #filled = 0;

  constructor(parameters: PgzipParameters, sink: DeflateSink, options: EncoderOptions) {
    const { level, blockSize, generation } = parameters;
    if (!Number.isSafeInteger(blockSize) || blockSize <= pgzipDictionarySize) {
      throw new RangeError(`no block size of pgzip: ${blockSize}`);
    }
    this.#encoder = createWindowEncoder({ level, generation }, sink);
    this.#options = options;
    this.#blockSize = blockSize;
    this.#bitsBefore = options.from?.checkpoint.bits ?? 0;
    this.#blockStart = options.from?.checkpoint.plain ?? 0;
    this.#encoder.restart(options.from?.history.subarray(-pgzipDictionarySize) ?? new Uint8Array(0));
  }

  write(plain: Uint8Array): void {
    for (let at = 0; at < plain.length;) {
      const part = plain.subarray(at, at + this.#blockSize - this.#filled);
      this.#encoder.write(part);
      this.#keepTail(part);
      at += part.length;
      this.#filled += part.length;
      if (this.#filled === this.#blockSize) this.#nextBlock();
    }
  }

  finish(): void {
    this.#encoder.flush();
    this.#encoder.close();
  }

  #nextBlock(): void {
    this.#encoder.flush();
    this.#encoder.restart(this.#tail);
    this.#blockStart += this.#blockSize;
    this.#filled = 0;
    const bits = this.#bitsBefore + this.#encoder.bits;
    this.#options.onBlock?.({ plain: this.#blockStart, bits, state: [] });
  }

  /** The last bytes of the block so far, which is longer than them when it ends. */
  #keepTail(part: Uint8Array): void {
    const kept = part.subarray(-pgzipDictionarySize);
    this.#tail.copyWithin(0, kept.length);
    this.#tail.set(kept, pgzipDictionarySize - kept.length);
  }
}
