import { createWindowEncoder } from './create-window-encoder.ts';
import { requireWithin } from './unusable-recipe.ts';
import type { DeflateEncoder, DeflateSink, EncoderOptions } from '../deflate-encoder.ts';

/** Settings of zlib. */
export interface ZlibParameters {
  /** 1–9. */
  readonly level: number;
  /** 1–9; 8 by default, as with zlib itself. It decides how large a block is and how many hashes there are. */
  readonly memLevel?: number;
}

/**
 * An encoder that writes what `deflate` of zlib 1.2 and 1.3 writes (raw, 32 KiB window, default strategy) when it is given large
 * pieces, and the JDK with it (docs/gzip-encoders/zlib.md).
 *
 * @param options levels 4 to 9 only: `from` is an error for the others, `onBlock` is not called for them
 * @throws PaletteEdgeError `RECIPE_INVALID` (kind content) for other settings, or a checkpoint that is none of this encoder
 */
export function createZlibEncoder(
  parameters: ZlibParameters,
  sink: DeflateSink,
  options: EncoderOptions = {},
): DeflateEncoder {
  const { level, memLevel = 8 } = parameters;
  requireWithin('the memory level', memLevel, [1, 9]);
  return createWindowEncoder(zlibWindow(level, memLevel), sink, options);
}

/** What zlib's settings mean to the encoder. */
export function zlibWindow(level: number, memLevel: number): Parameters<typeof createWindowEncoder>[0] {
  return {
    level,
    hashBits: memLevel + 7,
    blocks: { mostTokens: (1 << (memLevel + 6)) - 1, guesses: false },
    readsPastEnd: false,
  };
}
