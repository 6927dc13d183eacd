import { createWindowEncoder } from './create-window-encoder.ts';
import type { DeflateEncoder, DeflateSink, EncoderOptions } from '../deflate-encoder.ts';

/** Settings of GNU gzip. */
export interface GnuGzipParameters {
  /** 1–9. */
  readonly level: number;
}

/**
 * An encoder that writes what GNU gzip 1.x writes between the head and the checksum of its files (docs/gzip-encoders/zlib.md).
 *
 * @param options levels 4 to 9 only: `from` is an error for the others, `onBlock` is not called for them
 * @throws PaletteEdgeError `RECIPE_INVALID` (kind content) for another level, or a checkpoint that is none of this encoder
 */
export function createGnuGzipEncoder(
  parameters: GnuGzipParameters,
  sink: DeflateSink,
  options: EncoderOptions = {},
): DeflateEncoder {
  const { level } = parameters;
  const blocks = { mostTokens: 32_767, guesses: level > 2 };
  return createWindowEncoder({ level, hashBits: 15, blocks, readsPastEnd: true }, sink, options);
}
